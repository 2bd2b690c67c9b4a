/** A provider that speaks the OpenAI chat dialect with a bearer key is this: facts, no code. */
import type {
  DialectId,
  DialectQuirks,
  FailureRule,
  KeyTest,
  ModelFacts,
  ProviderDialect,
  ProviderId,
  ProviderManifest,
} from '@arouter/core';
import { bearer } from '../auth/bearer.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { openaiResponses } from '../dialects/openai-responses/index.ts';
import { apiKeyCredential } from './api-key-credential.ts';

export type OpenAiCompatible = {
  readonly id: string;
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly keysUrl: string;
  /** Ends where `/chat/completions` begins. Null: the key must bring it. */
  readonly baseUrl: string | null;
  readonly regions?: Readonly<Record<string, string>>;
  readonly quirks?: DialectQuirks;
  /** Which models answer at `/chat/completions`. Default: all. */
  readonly servesChat?: (upstreamModel: string) => boolean;
  /** Dialects that the provider speaks besides, below the base URL. */
  readonly moreDialects?: readonly ProviderDialect[];
  /** Dialects that it speaks beside the base URL's path, on its own hosts. */
  readonly hostDialects?: readonly ProviderDialect[];
  /** Default: `GET /models`, which every caller must be authorized for. */
  readonly keyTest?: KeyTest;
  readonly failureRules?: readonly FailureRule[];
  readonly models: readonly ModelFacts[];
  readonly acceptsModel: RegExp;
  /** Its names may end in variants of its own. */
  readonly ownVariants?: boolean;
  readonly foldModelName?: (name: string) => string;
  readonly bareNamesOf?: DialectId;
};

export const KEY_TEST_TIMEOUT_MS = 10_000;

/** A list that only an authorized key may read. */
export const LIST_MODELS: KeyTest = { method: 'GET', path: '/models', timeoutMs: KEY_TEST_TIMEOUT_MS };

/**
 * A chat request that asks for nothing: the credential is judged before the body nearly everywhere, so a complaint about
 * the body proves the key and costs no token.
 */
export function emptyChatProbe(model: string, path = '/chat/completions'): KeyTest {
  return {
    method: 'POST',
    path,
    body: { model, messages: [], max_tokens: 1 },
    alsoOk: [
      { status: 400, message: 'The key was accepted.', when: /\bmessages\b/i },
      { status: 422, message: 'The key was accepted.' },
    ],
    timeoutMs: KEY_TEST_TIMEOUT_MS,
  };
}

/** The Anthropic dialect at a path of the provider's own hosts. */
export function anthropicAt(path: string): ProviderDialect {
  return { dialect: anthropicMessages, path: () => path, quirks: {} };
}

/** The Responses dialect below the base URL. */
export const RESPONSES: ProviderDialect = { dialect: openaiResponses, path: () => '/responses', quirks: {} };

export function openAiCompatible(options: OpenAiCompatible): ProviderManifest {
  return {
    id: options.id as ProviderId,
    name: options.name,
    aliases: options.aliases ?? [],
    ...(options.bareNamesOf === undefined ? {} : { bareNamesOf: options.bareNamesOf }),
    keysUrl: options.keysUrl,
    credentialTypes: [
      apiKeyCredential({
        vendor: options.name,
        keysUrl: options.keysUrl,
        anyVendor: options.baseUrl === null,
      }),
    ],
    dialects: [
      {
        dialect: openaiChat,
        path: () => '/chat/completions',
        quirks: options.quirks ?? {},
        ...(options.servesChat === undefined ? {} : { serves: options.servesChat }),
      },
      ...(options.moreDialects ?? []),
    ],
    hostDialects: options.hostDialects ?? [],
    authorize: bearer(),
    baseUrl: options.baseUrl,
    regions: options.regions ?? {},
    keyTest: options.keyTest ?? LIST_MODELS,
    failureRules: options.failureRules ?? [],
    models: options.models,
    acceptsModel: options.acceptsModel,
    ...(options.ownVariants === undefined ? {} : { ownVariants: options.ownVariants }),
    ...(options.foldModelName === undefined ? {} : { foldModelName: options.foldModelName }),
  };
}
