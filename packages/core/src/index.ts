export * from './values.ts';
export type * from './ports.ts';
export type * from './keys/api-key.ts';
export * from './keys/provider-key.ts';
export type * from './keys/generation.ts';
export type * from './pricing/price.ts';
export * from './limits/limits.ts';
export * from './errors/codes.ts';
export * from './errors/classify-failure.ts';
export * from './errors/failure-advice.ts';
export * from './errors/failure-class.ts';
export * from './errors/gateway-error.ts';
export type * from './routing/route-plan.ts';
export type { ServableModel } from './routing/choose-models.ts';
export type * from './routing/health.ts';
export * from './routing/endpoint-speed.ts';
export type * from './wire/token-usage.ts';
export * from './wire/wire.ts';
export * from './wire/dialect.ts';
export * from './wire/provider-manifest.ts';
export * from './wire/destination.ts';
export * from './wire/spoken-dialect.ts';
export type * from './pipeline/exchange.ts';
export { authenticate, authenticateProven } from './pipeline/authenticate.ts';
export { handleGeneration } from './pipeline/handle-generation.ts';
export { secretsOf } from './pipeline/attempt-failure.ts';
export { authContext } from './pipeline/authorize-request.ts';
export { errorHeaders } from './pipeline/error-headers.ts';
export { gatherOptions } from './pipeline/gather-options.ts';
export { parseRequest } from './pipeline/parse-request.ts';
export { planRoute } from './routing/plan-route.ts';
export { explainPlan, explainVerdict, explainExclusion } from './routing/explain-plan.ts';
export { nextHealth, healthScopeId, healthScopes, HEALTHY, BENCH_POLICIES } from './routing/next-health.ts';
export {
  hasNameLength,
  MODEL_ID_CHARACTERS_MAX,
  MODEL_NAME_CHARACTERS_MAX,
  MODELS_PER_REQUEST_MAX,
} from './wire/model-names.ts';
export { isVariantNotOffered } from './routing/variants-not-offered.ts';
export { matchesModelPattern, matchesAnyModelPattern, namesOfEndpoint } from './routing/model-pattern.ts';
export { seededUniform } from './routing/seeded-random.ts';
export { periodAt, isoTime } from './limits/period.ts';
export type { Period } from './limits/period.ts';
export { DispatchLog } from './limits/dispatch-log.ts';
export { demandsFor, apiKeyPeriod, tokenBounds } from './limits/demands-for.ts';
export { costOf, costUpperBound } from './pricing/cost-of.ts';
export { createTranslatingRelay } from './wire/translating-relay.ts';
