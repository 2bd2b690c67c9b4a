/** What every client library is asked to do in the same words, so that one table of tests holds for all of them. */

export type ToolOnOffer = { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
export type Asked = {
  readonly model: string;
  readonly text: string;
  readonly tools?: readonly ToolOnOffer[];
  /** The answer is to be JSON of this schema. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** A PNG in base64, shown beside the text. */
  readonly picture?: string;
};
export type Reply = {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  /** As the library states it; 0 where it states none. */
  readonly outputTokens: number;
  /** Gives every call the same result in the library's own form and asks again. */
  answerCalls(result: string): Promise<Reply>;
};
export type Listener = {
  /** Called with each piece of text as the library gives it out. */
  readonly onPiece: (text: string) => void;
  readonly signal: AbortSignal;
};
/** What the library's own error class tells. */
export type Refusal = {
  readonly status: number | undefined;
  readonly message: string;
  /** Where the class has a member for it. */
  readonly code?: unknown;
};
export type ClientUnderTest = {
  ask(asked: Asked): Promise<Reply>;
  /** Rejects or resolves early, as the library does, when the signal is given. */
  stream(asked: Asked, listener: Listener): Promise<Reply>;
  /** Null: not an error of the library's own class for refusals. */
  readRefusal(error: unknown): Refusal | null;
};
export type Access = {
  /** The gateway's root, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
};
export type MakeClient = (access: Access) => ClientUnderTest;

/** `data:` URL of a PNG. */
export function pictureUrl(picture: string): string {
  return `data:image/png;base64,${picture}`;
}
