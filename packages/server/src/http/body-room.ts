/**
 * How much of long bodies and whole answers is held at once: they stay until their requests are over, and many long ones together would
 * take the process with them. Short ones are bounded by the number of connections.
 *
 * No workspace takes the room from the others: of several, one holds at most as much as it leaves free, however slow its providers
 * are. One alone so gets half, and two get a third each; whoever comes next finds as much room as the largest has taken.
 */
import { GatewayError, type WorkspaceId } from '@arouter/core';

/** What one request holds. */
export type BodyPlace = {
  /**
   * Throws 503 where there is no room for so much more, and gives back what the request holds: it is over, and others who are growing
   * too are not to be refused for its sake. `workspace`: whose request it is; always the same.
   */
  grow(bytes: number, workspace: WorkspaceId): void;
  /** Gives everything back; once is enough. */
  leave(): void;
};
export type BodyRoom = {
  /** In bytes, of all requests. */
  readonly held: number;
  place(): BodyPlace;
};

type BodyRoomOptions = {
  readonly bytesMax: number;
  /** Whether there are several workspaces. One that is alone has the whole room. */
  readonly isShared: () => boolean;
};

const RETRY_AFTER_MS = 1000;

export function createBodyRoom({ bytesMax, isShared }: BodyRoomOptions): BodyRoom {
  /** Only of those who hold something now. */
  const heldBy = new Map<WorkspaceId, number>();
  let held = 0;
  const set = (workspace: WorkspaceId, bytes: number): void => {
    if (bytes === 0) heldBy.delete(workspace);
    else heldBy.set(workspace, bytes);
  };
  return {
    get held() {
      return held;
    },
    place() {
      let own = 0;
      let owner: WorkspaceId | null = null;
      const leave = (): void => {
        if (owner === null) return;
        held -= own;
        set(owner, (heldBy.get(owner) ?? 0) - own);
        own = 0;
        owner = null;
      };
      return {
        leave,
        grow(bytes, workspace) {
          const ofWorkspace = heldBy.get(workspace) ?? 0;
          const refusal = refusalOf({ bytes, own, ofWorkspace, free: bytesMax - held, isShared });
          if (refusal !== null) {
            leave();
            throw full(refusal);
          }
          owner = workspace;
          held += bytes;
          own += bytes;
          set(workspace, ofWorkspace + bytes);
        },
      };
    },
  };
}

type Growth = Pick<BodyRoomOptions, 'isShared'> & {
  readonly bytes: number;
  /** What the request holds, what all of its workspace hold, and what nobody holds, before it. */
  readonly own: number;
  readonly ofWorkspace: number;
  readonly free: number;
};

function refusalOf({ bytes, own, ofWorkspace, free, isShared }: Growth): string | null {
  if (bytes > free) return 'The gateway holds as much of long requests and answers as it may.';
  // Its only one may be longer than its share: else a small room would have no place for what may be sent.
  if (ofWorkspace === own || ofWorkspace + bytes <= free - bytes || !isShared()) return null;
  return 'This workspace holds as much of long requests and answers as it leaves free for others.';
}

function full(why: string): GatewayError {
  return new GatewayError(
    'service_unavailable',
    `${why} Try again in a moment; the operator can raise AROUTER_BODIES_HELD_BYTES_MAX.`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}
