/** The `@anthropic-ai/sdk` package, messages. */
import Anthropic from '@anthropic-ai/sdk';
import type { Asked, MakeClient, Reply } from './client-under-test.ts';

type Messages = Anthropic.MessageParam[];
const OUTPUT_TOKENS_MAX = 2000;

export const anthropicMessages: MakeClient = ({ url, apiKey }) => {
  const client = new Anthropic({ apiKey, baseURL: url, maxRetries: 0 });
  const ask = async (asked: Asked, messages: Messages): Promise<Reply> =>
    replyOf(await client.messages.create(requestOf(asked, messages)), (more) =>
      ask(asked, [...messages, ...more]),
    );
  return {
    ask: async (asked) => await ask(asked, questionOf(asked)),
    async stream(asked, { onPiece, signal }) {
      const messages = questionOf(asked);
      const stream = client.messages.stream(requestOf(asked, messages), { signal });
      stream.on('text', onPiece);
      return replyOf(await stream.finalMessage(), (more) => ask(asked, [...messages, ...more]));
    },
    readRefusal(error) {
      if (!(error instanceof Anthropic.APIError)) return null;
      const { status, message } = error as InstanceType<typeof Anthropic.APIError>;
      return { status: typeof status === 'number' ? status : undefined, message };
    },
  };
};

function questionOf({ text, picture }: Asked): Messages {
  if (picture === undefined) return [{ role: 'user', content: text }];
  const source = { type: 'base64' as const, media_type: 'image/png' as const, data: picture };
  return [
    {
      role: 'user',
      content: [
        { type: 'image', source },
        { type: 'text', text },
      ],
    },
  ];
}

function requestOf(
  { model, tools, schema }: Asked,
  messages: Messages,
): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model,
    messages,
    max_tokens: OUTPUT_TOKENS_MAX,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, schema: input }) => ({
            name,
            input_schema: input as Anthropic.Tool.InputSchema,
          })),
        }),
    ...(schema === undefined
      ? {}
      : { output_config: { format: { type: 'json_schema', schema: { ...schema } } } }),
  };
}

function replyOf({ content, usage }: Anthropic.Message, goOn: (more: Messages) => Promise<Reply>): Reply {
  const calls = content.filter((block) => block.type === 'tool_use');
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: calls.map(({ name, input }) => ({ name, input })),
    outputTokens: usage.output_tokens,
    answerCalls: async (result) =>
      await goOn([
        { role: 'assistant', content },
        {
          role: 'user',
          content: calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: result })),
        },
      ]),
  };
}
