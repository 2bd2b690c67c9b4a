/** What goes into the pipeline and what comes out: the faces make HTTP of it. */
import type { GenerationHeader } from '../keys/generation.ts';
import type { CancelSignal } from '../ports.ts';
import type { Dialect, RequestContext } from '../wire/dialect.ts';
import type { WireHeaders } from '../wire/wire.ts';
import type { ApiKeyId, ProviderId, WorkspaceId } from '../values.ts';

export type Inbound = {
  readonly requestId: string;
  /** As the caller sent it; undefined when absent. */
  readonly token: string | undefined;
  /** Who calls, where the face has had it proved otherwise; the token is then not looked at. */
  readonly apiKeyId?: ApiKeyId | undefined;
  /** The caller's dialect, given by the path. */
  readonly dialect: Dialect;
  /** Whose model a bare name means on this path. */
  readonly defaultProvider: ProviderId;
  /** The only provider whose keys may serve this path, where the path names it. */
  readonly onlyProvider?: ProviderId | undefined;
  readonly body: Uint8Array;
  /** What the path and the headers say of the request. */
  readonly context: RequestContext;
  readonly header: (name: string) => string | undefined;
  /** Aborted when the caller has gone. */
  readonly signal: CancelSignal;
  /** Told of each piece of a whole answer that is kept, in bytes, and for whom. Throws GatewayError where there is no room for it. */
  readonly hold?: (bytes: number, workspace: WorkspaceId) => void;
  /** The path's clients expect cost in the body's usage without asking. */
  readonly costInBody: boolean;
};

/** With the generation that it belongs to, as the ledger names it; null where there is none. */
export type Outbound = { readonly generation: GenerationHeader | null } & (
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: WireHeaders;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'stream';
      /** No error event can be told from the content: a broken stream must not end like a whole one. */
      readonly cutWhenBroken: boolean;
      readonly status: number;
      readonly headers: WireHeaders;
      /** Writes the stream; resolves after the terminal event. `broken`: an error event ended it, close the connection. */
      readonly relay: (sink: CallerSink) => Promise<'complete' | 'broken'>;
    }
);

/** The caller's side of a stream. Writing to a caller who has gone is allowed and does nothing. */
export interface CallerSink {
  /** False: the caller reads too slowly; `onDrain` is called when there is room again. */
  write(bytes: Uint8Array): boolean;
  onDrain(listener: () => void): void;
}
