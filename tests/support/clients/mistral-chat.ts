/** The `@mistralai/mistralai` package, chat. */
import { Mistral } from '@mistralai/mistralai';
import type { ChatCompletionRequest } from '@mistralai/mistralai/models/components';
import { MistralError } from '@mistralai/mistralai/models/errors';
import { pictureUrl } from './client-under-test.ts';
import type { Asked, MakeClient, Reply } from './client-under-test.ts';

type Messages = ChatCompletionRequest['messages'];
type Call = { id: string | undefined; name: string; written: string };

export const mistralChat: MakeClient = ({ url, apiKey }) => {
  const client = new Mistral({ apiKey, serverURL: url, retryConfig: { strategy: 'none' } });
  const ask = async (asked: Asked, messages: Messages): Promise<Reply> => {
    const { choices, usage } = await client.chat.complete(requestOf(asked, messages));
    const message = choices[0]?.message;
    const calls = (message?.toolCalls ?? []).map(({ id, function: { name, arguments: written } }) => ({
      id,
      name,
      written: typeof written === 'string' ? written : JSON.stringify(written),
    }));
    const said = { text: textOf(message?.content), calls, outputTokens: usage.completionTokens ?? 0 };
    return replyOf(said, (more) => ask(asked, [...messages, ...more]));
  };
  return {
    ask: async (asked) => await ask(asked, questionOf(asked)),
    async stream(asked, { onPiece, signal }) {
      const messages = questionOf(asked);
      const said = { text: '', calls: [] as Call[], outputTokens: 0 };
      const stream = await client.chat.stream(requestOf(asked, messages), { fetchOptions: { signal } });
      for await (const { data } of stream) {
        const { content, toolCalls } = data.choices[0]?.delta ?? {};
        const piece = textOf(content);
        said.text += piece;
        said.outputTokens = data.usage?.completionTokens ?? said.outputTokens;
        if (piece !== '') onPiece(piece);
        for (const { id, index = 0, function: made } of toolCalls ?? []) {
          const call = (said.calls[index] ??= { id, name: made.name, written: '' });
          call.written +=
            typeof made.arguments === 'string' ? made.arguments : JSON.stringify(made.arguments);
        }
      }
      return replyOf(said, (more) => ask(asked, [...messages, ...more]));
    },
    readRefusal: (error) =>
      error instanceof MistralError ? { status: error.statusCode, message: error.message } : null,
  };
};

function questionOf({ text, picture }: Asked): Messages {
  if (picture === undefined) return [{ role: 'user', content: text }];
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image_url', imageUrl: pictureUrl(picture) },
      ],
    },
  ];
}

function requestOf({ model, tools, schema }: Asked, messages: Messages): ChatCompletionRequest {
  return {
    model,
    messages,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, schema: parameters }) => ({
            type: 'function',
            function: { name, parameters: { ...parameters } },
          })),
        }),
    ...(schema === undefined
      ? {}
      : {
          responseFormat: {
            type: 'json_schema',
            jsonSchema: { name: 'answer', schemaDefinition: { ...schema }, strict: true },
          },
        }),
  };
}

function replyOf(
  { text, calls, outputTokens }: Omit<Reply, 'calls' | 'answerCalls'> & { readonly calls: readonly Call[] },
  goOn: (more: Messages) => Promise<Reply>,
): Reply {
  return {
    text,
    calls: calls.map(({ name, written }) => ({ name, input: JSON.parse(written) as unknown })),
    outputTokens,
    answerCalls: async (result) =>
      await goOn([
        {
          role: 'assistant',
          content: text,
          toolCalls: calls.map(({ id, name, written }) => ({
            ...(id === undefined ? {} : { id }),
            function: { name, arguments: written },
          })),
        },
        ...calls.map(({ id, name }) => ({
          role: 'tool' as const,
          toolCallId: id ?? null,
          name,
          content: result,
        })),
      ]),
  };
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : '';
}
