/** The `@langchain/openai` package, over chat completions and over responses. */
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { pictureUrl } from './client-under-test.ts';
import type { Access, Asked, MakeClient, Reply } from './client-under-test.ts';

export const langchainChat = langchain(false);
export const langchainResponses = langchain(true);

function langchain(useResponsesApi: boolean): MakeClient {
  return (access) => {
    const ask = async (asked: Asked, messages: BaseMessage[]): Promise<Reply> =>
      replyOf(await runnable(access, asked, useResponsesApi).invoke(messages), (more) =>
        ask(asked, [...messages, ...more]),
      );
    return {
      ask: async (asked) =>
        asked.schema === undefined
          ? await ask(asked, questionOf(asked))
          : await askStructured(access, { ...asked, schema: asked.schema }, useResponsesApi),
      async stream(asked, { onPiece, signal }) {
        const messages = questionOf(asked);
        let whole: AIMessageChunk | undefined;
        const stream = await runnable(access, asked, useResponsesApi).stream(messages, { signal });
        for await (const chunk of stream) {
          whole = whole === undefined ? chunk : whole.concat(chunk);
          if (chunk.text !== '') onPiece(chunk.text);
        }
        return replyOf(whole ?? new AIMessage(''), (more) => ask(asked, [...messages, ...more]));
      },
      readRefusal(error) {
        // The package brings a copy of `openai` of its own, so its classes are known by their names only.
        if (!(error instanceof Error) || !isNamed(error, 'APIError')) return null;
        const { status, code, message } = error as Error & { status?: number; code?: unknown };
        return { status, code, message };
      },
    };
  };
}

function chatOf({ url, apiKey }: Access, { model }: Asked, useResponsesApi: boolean): ChatOpenAI {
  return new ChatOpenAI({
    model,
    apiKey,
    maxRetries: 0,
    useResponsesApi,
    configuration: { baseURL: `${url}/v1` },
    // Nothing is stored here, so the package must send its items whole.
    modelKwargs: useResponsesApi ? { store: false } : {},
  });
}

function runnable(access: Access, asked: Asked, useResponsesApi: boolean) {
  const chat = chatOf(access, asked, useResponsesApi);
  return chat.bindTools(
    (asked.tools ?? []).map(({ name, schema }) => ({
      type: 'function' as const,
      function: { name, parameters: { ...schema } },
    })),
  );
}

/** The package parses the answer itself; it is written again so that all clients are judged alike. */
async function askStructured(
  access: Access,
  asked: Asked & { readonly schema: Readonly<Record<string, unknown>> },
  useResponsesApi: boolean,
): Promise<Reply> {
  const chat = chatOf(access, asked, useResponsesApi).withStructuredOutput(
    { title: 'answer', ...asked.schema },
    { method: 'jsonSchema', strict: true, includeRaw: true },
  );
  const { raw, parsed } = await chat.invoke(questionOf(asked));
  const reply = replyOf(raw as AIMessage, async () => {
    throw new Error('a structured answer has no calls');
  });
  return { ...reply, text: JSON.stringify(parsed) };
}

function questionOf({ text, picture }: Asked): BaseMessage[] {
  if (picture === undefined) return [new HumanMessage(text)];
  const image_url = { url: pictureUrl(picture) };
  return [
    new HumanMessage({
      content: [
        { type: 'text', text },
        { type: 'image_url', image_url },
      ],
    }),
  ];
}

function replyOf(message: AIMessage | AIMessageChunk, goOn: (more: BaseMessage[]) => Promise<Reply>): Reply {
  const calls = message.tool_calls ?? [];
  return {
    text: message.text,
    calls: calls.map(({ name, args }) => ({ name, input: args as unknown })),
    outputTokens: message.usage_metadata?.output_tokens ?? 0,
    answerCalls: async (result) =>
      await goOn([
        message,
        ...calls.map(({ id }) => new ToolMessage({ content: result, tool_call_id: id ?? '' })),
      ]),
  };
}

function isNamed(error: Error, name: string): boolean {
  for (let type: unknown = error.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type))
    if (type.name === name) return true;
  return false;
}
