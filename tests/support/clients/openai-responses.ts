/** The `openai` package, responses; earlier output is sent again as input, since nothing is stored. */
import OpenAI from 'openai';
import { pictureUrl } from './client-under-test.ts';
import type { Asked, MakeClient, Reply } from './client-under-test.ts';
import { readOpenaiRefusal } from './openai-chat.ts';

type Items = OpenAI.Responses.ResponseInputItem[];

export const openaiResponses: MakeClient = ({ url, apiKey }) => {
  const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
  const ask = async (asked: Asked, input: Items): Promise<Reply> =>
    replyOf(await client.responses.create(requestOf(asked, input)), (more) =>
      ask(asked, [...input, ...more]),
    );
  return {
    ask: async (asked) => await ask(asked, questionOf(asked)),
    async stream(asked, { onPiece, signal }) {
      const input = questionOf(asked);
      const stream = client.responses.stream(requestOf(asked, input), { signal });
      stream.on('response.output_text.delta', ({ delta }) => onPiece(delta));
      return replyOf(await stream.finalResponse(), (more) => ask(asked, [...input, ...more]));
    },
    readRefusal: readOpenaiRefusal,
  };
};

function questionOf({ text, picture }: Asked): Items {
  if (picture === undefined) return [{ role: 'user', content: text }];
  return [
    {
      role: 'user',
      content: [
        { type: 'input_text', text },
        { type: 'input_image', image_url: pictureUrl(picture), detail: 'auto' },
      ],
    },
  ];
}

function requestOf(
  { model, tools, schema }: Asked,
  input: Items,
): Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'> {
  return {
    model,
    input,
    store: false,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, schema: parameters }) => ({
            type: 'function' as const,
            name,
            parameters: { ...parameters },
            strict: true,
          })),
        }),
    ...(schema === undefined
      ? {}
      : { text: { format: { type: 'json_schema', name: 'answer', schema: { ...schema }, strict: true } } }),
  };
}

function replyOf(
  { output, output_text: text, usage }: OpenAI.Responses.Response,
  goOn: (more: Items) => Promise<Reply>,
): Reply {
  const calls = output.filter((item) => item.type === 'function_call');
  return {
    text,
    calls: calls.map((call) => ({ name: call.name, input: JSON.parse(call.arguments) as unknown })),
    outputTokens: usage?.output_tokens ?? 0,
    answerCalls: async (result) =>
      await goOn([
        ...(output as Items),
        ...calls.map(({ call_id }) => ({
          type: 'function_call_output' as const,
          call_id,
          output: result,
        })),
      ]),
  };
}
