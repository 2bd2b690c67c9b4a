/** The `openai` package, chat completions. */
import OpenAI from 'openai';
import { pictureUrl } from './client-under-test.ts';
import type { Asked, MakeClient, Refusal, Reply } from './client-under-test.ts';

type Messages = OpenAI.ChatCompletionMessageParam[];

export const openaiChat: MakeClient = ({ url, apiKey }) => {
  const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
  const ask = async (asked: Asked, messages: Messages): Promise<Reply> =>
    replyOf(await client.chat.completions.create(requestOf(asked, messages)), (more) =>
      ask(asked, [...messages, ...more]),
    );
  return {
    ask: async (asked) => await ask(asked, questionOf(asked)),
    async stream(asked, { onPiece, signal }) {
      const messages = questionOf(asked);
      const request = { ...requestOf(asked, messages), stream_options: { include_usage: true } };
      const stream = client.chat.completions.stream(request, { signal });
      stream.on('content', onPiece);
      return replyOf(await stream.finalChatCompletion(), (more) => ask(asked, [...messages, ...more]));
    },
    readRefusal: readOpenaiRefusal,
  };
};

export function readOpenaiRefusal(error: unknown): Refusal | null {
  if (!(error instanceof OpenAI.APIError)) return null;
  const { status, message, code } = error as InstanceType<typeof OpenAI.APIError>;
  return { status: typeof status === 'number' ? status : undefined, message, code };
}

function questionOf({ text, picture }: Asked): Messages {
  if (picture === undefined) return [{ role: 'user', content: text }];
  const image_url = { url: pictureUrl(picture) };
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image_url', image_url },
      ],
    },
  ];
}

function requestOf(
  { model, tools, schema }: Asked,
  messages: Messages,
): Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> {
  return {
    model,
    messages,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, schema: parameters }) => ({
            type: 'function' as const,
            function: { name, parameters: { ...parameters } },
          })),
        }),
    ...(schema === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'answer', schema: { ...schema }, strict: true },
          },
        }),
  };
}

function replyOf({ choices, usage }: OpenAI.ChatCompletion, goOn: (more: Messages) => Promise<Reply>): Reply {
  const message = choices[0]?.message;
  const calls = (message?.tool_calls ?? []).filter((call) => call.type === 'function');
  return {
    text: message?.content ?? '',
    calls: calls.map((call) => ({
      name: call.function.name,
      input: JSON.parse(call.function.arguments) as unknown,
    })),
    outputTokens: usage?.completion_tokens ?? 0,
    answerCalls: async (result) =>
      await goOn([
        ...(message === undefined ? [] : [message]),
        ...calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: result })),
      ]),
  };
}
