/** Wires the playground to one instance. */
import type { AuditLog } from '../audit/create-audit-log.ts';
import type { Settings } from '../config/settings.ts';
import type { createLog } from '../log/create-log.ts';
import type { DataPlane } from '../data-plane/create-data-plane.ts';
import type { Faces } from '../data-plane/face.ts';
import type { Engine } from '../instance/build-engine.ts';
import type { Instance } from '../instance/open-instance.ts';
import { createPlayground, type Playground } from './create-playground.ts';

type Parts = {
  readonly log: ReturnType<typeof createLog>;
  readonly audit: AuditLog;
  readonly origins: ReadonlySet<string>;
  readonly dataPlane: DataPlane | null;
  readonly controlPlane: object | null;
  readonly faces: Faces;
  readonly settings: Pick<Settings, 'timeLimits'>;
};

/** Its answers state what they cost, as all do below /api/v1. */
const FACE_PATH = '/api/v1/chat/completions';

/** Null where this process only manages or only infers: a playground takes both. */
export function startPlayground(
  { store, clock, random, verifier, issueApiKey, people }: Instance,
  { live }: Engine,
  { settings, log, audit, origins, dataPlane, controlPlane, faces }: Parts,
): Playground | null {
  if (dataPlane === null || controlPlane === null) return null;
  const face = faces.fixed.get(FACE_PATH);
  if (face === undefined) throw new Error(`there is no inference path ${FACE_PATH}`);
  return createPlayground({
    store,
    clock,
    random,
    people,
    issueApiKey,
    keyVerifier: verifier,
    snapshot: live.current,
    refreshSnapshot: live.refresh,
    audit,
    origins: () => origins,
    dataPlane,
    face,
    callerStallMs: settings.timeLimits.callerStallMs,
    log,
  });
}
