/** The `ai` package over one of its providers: every provider is asked by the same code, as the package means it. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, jsonSchema, Output, streamText, tool } from 'ai';
import type { LanguageModel, ModelMessage, ToolSet } from 'ai';
import type { Access, Asked, MakeClient, Reply } from './client-under-test.ts';

type ModelOf = (access: Access) => (model: string) => LanguageModel;

export const aiOpenaiChat = aiSdk(
  ({ url, apiKey }) =>
    (model) =>
      createOpenAI({ apiKey, baseURL: `${url}/v1` }).chat(model),
);
export const aiOpenaiResponses = aiSdk(
  ({ url, apiKey }) =>
    (model) =>
      createOpenAI({ apiKey, baseURL: `${url}/v1` }).responses(model),
);
export const aiAnthropic = aiSdk(
  ({ url, apiKey }) =>
    (model) =>
      createAnthropic({ apiKey, baseURL: `${url}/v1` })(model),
);
export const aiGoogle = aiSdk(
  ({ url, apiKey }) =>
    (model) =>
      createGoogleGenerativeAI({ apiKey, baseURL: `${url}/v1beta` })(`models/${model}`),
);

function aiSdk(modelOf: ModelOf): MakeClient {
  return (access) => {
    const settings = (asked: Asked, messages: ModelMessage[]) => ({
      model: modelOf(access)(asked.model),
      messages,
      maxRetries: 0,
      // Nothing is stored here, so the package must send its items whole.
      providerOptions: { openai: { store: false } },
      ...(asked.tools === undefined ? {} : { tools: toolsOf(asked.tools) }),
      ...(asked.schema === undefined
        ? {}
        : { output: Output.object({ schema: jsonSchema({ ...asked.schema }) }) }),
    });
    const ask = async (asked: Asked, messages: ModelMessage[]): Promise<Reply> => {
      const { text, toolCalls, usage, response } = await generateText(settings(asked, messages));
      const said = { text, toolCalls, outputTokens: usage.outputTokens ?? 0, sent: response.messages };
      return replyOf(said, (more) => ask(asked, [...messages, ...more]));
    };
    return {
      ask: async (asked) => await ask(asked, questionOf(asked)),
      async stream(asked, { onPiece, signal }) {
        const messages = questionOf(asked);
        const failed: { error?: unknown } = {};
        const result = streamText({
          ...settings(asked, messages),
          abortSignal: signal,
          onError: ({ error }) => void (failed.error = error),
        });
        for await (const piece of result.textStream) onPiece(piece);
        if (failed.error !== undefined) throw failed.error;
        const said = {
          text: await result.text,
          toolCalls: await result.toolCalls,
          outputTokens: (await result.usage).outputTokens ?? 0,
          sent: (await result.response).messages,
        };
        return replyOf(said, (more) => ask(asked, [...messages, ...more]));
      },
      readRefusal: (error) =>
        APICallError.isInstance(error) ? { status: error.statusCode, message: error.message } : null,
    };
  };
}

function toolsOf(tools: NonNullable<Asked['tools']>): ToolSet {
  return Object.fromEntries(
    tools.map(({ name, schema }) => [name, tool({ inputSchema: jsonSchema({ ...schema }) })]),
  );
}

function questionOf({ text, picture }: Asked): ModelMessage[] {
  if (picture === undefined) return [{ role: 'user', content: text }];
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image', image: Buffer.from(picture, 'base64'), mediaType: 'image/png' },
      ],
    },
  ];
}

type Said = {
  readonly text: string;
  readonly toolCalls: readonly {
    readonly toolCallId: string;
    readonly toolName: string;
    readonly input?: unknown;
  }[];
  readonly outputTokens: number;
  readonly sent: readonly ModelMessage[];
};

function replyOf(
  { text, toolCalls, outputTokens, sent }: Said,
  goOn: (more: ModelMessage[]) => Promise<Reply>,
): Reply {
  return {
    text,
    calls: toolCalls.map(({ toolName, input }) => ({ name: toolName, input })),
    outputTokens,
    answerCalls: async (result) =>
      await goOn([
        ...sent,
        {
          role: 'tool',
          content: toolCalls.map(({ toolCallId, toolName }) => ({
            type: 'tool-result',
            toolCallId,
            toolName,
            output: { type: 'text', value: result },
          })),
        },
      ]),
  };
}
