/** The `@google/genai` package, generateContent and its stream. */
import { ApiError, GoogleGenAI } from '@google/genai';
import type { Content, GenerateContentConfig, GenerateContentResponse, Part } from '@google/genai';
import type { Asked, MakeClient, Reply } from './client-under-test.ts';

export const googleGenai: MakeClient = ({ url, apiKey }) => {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
  const ask = async (asked: Asked, contents: Content[]): Promise<Reply> => {
    const { model } = asked;
    const answer = await client.models.generateContent({ model, contents, config: configOf(asked) });
    return replyOf([answer], (more) => ask(asked, [...contents, ...more]));
  };
  return {
    ask: async (asked) => await ask(asked, questionOf(asked)),
    async stream(asked, { onPiece, signal }) {
      const contents = questionOf(asked);
      const { model } = asked;
      const config = { ...configOf(asked), abortSignal: signal };
      const chunks: GenerateContentResponse[] = [];
      for await (const chunk of await client.models.generateContentStream({ model, contents, config })) {
        chunks.push(chunk);
        const text = textOf(partsOf(chunk));
        if (text !== '') onPiece(text);
      }
      return replyOf(chunks, (more) => ask(asked, [...contents, ...more]));
    },
    readRefusal: (error) =>
      error instanceof ApiError ? { status: error.status, message: error.message } : null,
  };
};

function questionOf({ text, picture }: Asked): Content[] {
  const shown = picture === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: picture } }];
  return [{ role: 'user', parts: [...shown, { text }] }];
}

function configOf({ tools, schema }: Asked): GenerateContentConfig {
  return {
    ...(tools === undefined
      ? {}
      : {
          tools: [
            {
              functionDeclarations: tools.map(({ name, schema: parametersJsonSchema }) => ({
                name,
                parametersJsonSchema,
              })),
            },
          ],
        }),
    ...(schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema }),
  };
}

/** The parts of all chunks, as they came: signatures stand on them. */
function replyOf(
  chunks: readonly GenerateContentResponse[],
  goOn: (more: Content[]) => Promise<Reply>,
): Reply {
  const parts = chunks.flatMap(partsOf);
  const calls = parts.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]));
  return {
    text: textOf(parts),
    calls: calls.map(({ name, args }) => ({ name: name ?? '', input: args })),
    outputTokens: chunks.at(-1)?.usageMetadata?.candidatesTokenCount ?? 0,
    answerCalls: async (result) =>
      await goOn([
        { role: 'model', parts },
        {
          role: 'user',
          parts: calls.map(({ id, name }) => ({
            functionResponse: {
              ...(id === undefined ? {} : { id }),
              name: name ?? '',
              response: { output: result },
            },
          })),
        },
      ]),
  };
}

function partsOf({ candidates }: GenerateContentResponse): Part[] {
  return candidates?.[0]?.content?.parts ?? [];
}

function textOf(parts: readonly Part[]): string {
  return parts.map(({ text, thought }) => (thought === true ? '' : (text ?? ''))).join('');
}
