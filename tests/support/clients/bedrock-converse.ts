/** The `@aws-sdk/client-bedrock-runtime` package through the raw proxy: the ARouter key stands where the access key id does. */
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { ContentBlock, ConverseCommandInput, Message } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Asked, Listener, MakeClient, Reply } from './client-under-test.ts';

type Said = { readonly content: ContentBlock[]; readonly outputTokens: number };

export const bedrockConverse: MakeClient = ({ url, apiKey }) => {
  const client = new BedrockRuntimeClient({
    region: 'eu-central-1',
    endpoint: `${url}/bedrock`,
    credentials: { accessKeyId: apiKey, secretAccessKey: 'signed-and-not-looked-at' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  const ask = async (asked: Asked, messages: Message[]): Promise<Reply> => {
    const { output, usage } = await client.send(new ConverseCommand(requestOf(asked, messages)));
    const said = { content: output?.message?.content ?? [], outputTokens: usage?.outputTokens ?? 0 };
    return replyOf(said, (more) => ask(asked, [...messages, ...more]));
  };
  return {
    ask: async (asked) => await ask(asked, questionOf(asked)),
    async stream(asked, listener) {
      const messages = questionOf(asked);
      const said = await readStream(client, requestOf(asked, messages), listener);
      return replyOf(said, (more) => ask(asked, [...messages, ...more]));
    },
    readRefusal: (error) =>
      error instanceof BedrockRuntimeServiceException
        ? { status: error.$metadata.httpStatusCode, message: error.message }
        : null,
  };
};

async function readStream(
  client: BedrockRuntimeClient,
  request: ConverseCommandInput,
  { onPiece, signal }: Listener,
): Promise<Said> {
  const { stream = [] } = await client.send(new ConverseStreamCommand(request), { abortSignal: signal });
  let text = '';
  let outputTokens = 0;
  const calls: { toolUseId: string | undefined; name: string | undefined; written: string }[] = [];
  for await (const { contentBlockStart, contentBlockDelta, metadata } of stream) {
    const begun = contentBlockStart?.start?.toolUse;
    if (begun !== undefined) calls.push({ toolUseId: begun.toolUseId, name: begun.name, written: '' });
    const { text: piece, toolUse } = contentBlockDelta?.delta ?? {};
    if (piece !== undefined) {
      text += piece;
      onPiece(piece);
    }
    const last = calls.at(-1);
    if (last !== undefined) last.written += toolUse?.input ?? '';
    outputTokens = metadata?.usage?.outputTokens ?? outputTokens;
  }
  const content: ContentBlock[] = [
    ...(text === '' ? [] : [{ text }]),
    ...calls.map(({ toolUseId, name, written }) => ({
      toolUse: { toolUseId, name, input: JSON.parse(written) as null },
    })),
  ];
  return { content, outputTokens };
}

function questionOf({ text, picture }: Asked): Message[] {
  const shown: ContentBlock[] =
    picture === undefined
      ? []
      : [{ image: { format: 'png', source: { bytes: Buffer.from(picture, 'base64') } } }];
  return [{ role: 'user', content: [...shown, { text }] }];
}

function requestOf({ model, tools, schema }: Asked, messages: Message[]): ConverseCommandInput {
  return {
    modelId: model,
    messages,
    ...(tools === undefined
      ? {}
      : {
          toolConfig: {
            tools: tools.map(({ name, schema: json }) => ({
              // The library's type of JSON has no read-only members.
              toolSpec: { name, inputSchema: { json: json as Record<string, null> } },
            })),
          },
        }),
    ...(schema === undefined
      ? {}
      : {
          outputConfig: {
            textFormat: {
              type: 'json_schema' as const,
              structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } },
            },
          },
        }),
  };
}

function replyOf({ content, outputTokens }: Said, goOn: (more: Message[]) => Promise<Reply>): Reply {
  const calls = content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse]));
  return {
    text: content.map(({ text }) => text ?? '').join(''),
    calls: calls.map(({ name, input }) => ({ name: name ?? '', input })),
    outputTokens,
    answerCalls: async (result) =>
      await goOn([
        { role: 'assistant', content },
        {
          role: 'user',
          content: calls.map(({ toolUseId }) => ({
            toolResult: { toolUseId, content: [{ text: result }] },
          })),
        },
      ]),
  };
}
