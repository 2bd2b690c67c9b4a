export * from './route.ts';
export * from './roles.ts';
export * from './routes.ts';
export type { AuditTarget } from './schemas/audit.ts';
export * from './audited-routes.ts';
export * from './openapi.ts';
export type { InferencePath } from './inference-paths.ts';
export * from './client.ts';
export type { ErrorAnswer } from './schemas/errors.ts';
export { errorAnswer } from './schemas/errors.ts';
export { KEY_TEST_CLASSES } from './schemas/provider-keys.ts';
export { PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, RECOVERY_CODES } from './schemas/sessions.ts';
export { USAGE_GROUPS } from './schemas/usage.ts';
/** The rule by which a key's `supported_models` are read, for pages that show what a list matches; and how long a name is. */
export { matchesAnyModelPattern, MODEL_NAME_CHARACTERS_MAX } from '@arouter/core';
export type { WebhookEventType } from './schemas/webhooks.ts';
export { WEBHOOK_EVENT_TYPES } from './schemas/webhooks.ts';
