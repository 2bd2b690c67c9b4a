/**
 * One request, top to bottom: authenticate → parse → plan → [reserve → open → attempt → settle] per key → close.
 * All control flow is here; the stages do not know of each other.
 */
import { ERROR_CODES } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { ProviderKeyRecord } from '../keys/provider-key.ts';
import type { GenerationId } from '../values.ts';
import type { Ports } from '../ports.ts';
import { planRoute } from '../routing/plan-route.ts';
import type { ModelCandidate, Verdict } from '../routing/route-plan.ts';
import { attempt } from './attempt.ts';
import { authenticate, authenticateProven } from './authenticate.ts';
import type { Inbound, Outbound } from './exchange.ts';
import { estimatedAnswer } from './estimated-answer.ts';
import { gatherOptions, type KeyOption } from './gather-options.ts';
import { parseRequest } from './parse-request.ts';
import { prepare } from './prepare.ts';
import { closeGeneration, refuseCaller } from './refuse-caller.ts';
import { reserve } from './reserve.ts';
import { ATTEMPTS_MAX, type Run, type Track } from './run.ts';
import { toFailure } from './to-failure.ts';

/** Throws GatewayError for what is refused before it is a generation (401, 403, 400, 404); else always answers. */
export async function handleGeneration(ports: Ports, inbound: Inbound, track: Track): Promise<Outbound> {
  const run = startRun(ports, inbound, track);
  try {
    for (const model of run.request.candidates) {
      const { options, verdicts } = plan(ports, run, model);
      for (let turn = 0; turn < verdicts.length; turn += 1) {
        const verdict = verdicts[turn];
        if (verdict?.kind !== 'ranked' || run.failures.length === ATTEMPTS_MAX || inbound.signal.aborted)
          break;
        const option = options.find(({ key }) => key.id === verdict.key);
        if (option === undefined || !holdsStill(ports, run, { planned: options, key: option.key })) continue;
        const target = prepare(ports, run, model, option);
        if (target === null) continue;

        const reserved = reserve(ports, run, target);
        if (reserved.kind === 'refused') {
          run.refusals.push(reserved.refusal);
          continue;
        }

        const result = await attempt(ports, run, target, reserved.reservation);
        if (result.kind === 'answered') return result.outbound;
        run.failures.push(result.failed);
        if (result.next === 'give_up')
          return await refuseCaller(ports, run, toFailure(run, ports.clock.now()));
        if (result.next === 'next_model') break;
        if (result.next === 'same_key') turn -= 1;
      }
    }
    return estimatedAnswer(run) ?? (await refuseCaller(ports, run, toFailure(run, ports.clock.now())));
  } catch (error) {
    if (error instanceof GatewayError) return refuseCaller(ports, run, error);
    // A fault of ours: the face answers it and the log has its stack; the ledger gets the end of the generation.
    const { status } = ERROR_CODES.internal_error;
    // Where that fails too, the first fault is the one to be told; the next start settles what is open.
    await closeGeneration(ports, run, { status, code: 'internal_error' }).catch(() => undefined);
    throw error;
  }
}

type Planned = { readonly options: readonly KeyOption[]; readonly verdicts: readonly Verdict[] };

/** The verdict on every key for one of the caller's models; noted in the run. */
function plan(ports: Ports, run: Run, model: ModelCandidate): Planned {
  const { apiKey, workspace } = run;
  const { facts, preferences } = run.request;
  const now = ports.clock.now();
  const caller = run.inbound.dialect;
  const options = gatherOptions(ports, { now, apiKey, workspace, model, facts, preferences, caller });
  const seed = ports.random.seed();
  const route = planRoute({ now, model, keys: options, preferences, apiKey, seed });
  run.plans.push(route);
  return { options, verdicts: route.verdicts };
}

/**
 * A failed attempt may have taken minutes: a key that was changed, disabled or deleted meanwhile is not used, nor a platform
 * key where a key of the workspace's own came to be the only way meanwhile.
 */
function holdsStill(
  ports: Ports,
  run: Run,
  { planned, key }: { readonly planned: readonly KeyOption[]; readonly key: ProviderKeyRecord },
): boolean {
  if (run.failures.length === 0) return true;
  const keys = ports.config().providerKeys(run.workspace.id);
  if (!keys.some(({ id, version }) => id === key.id && version === key.version)) return false;
  const wasPlanned = ({ id, version }: ProviderKeyRecord): boolean =>
    planned.some((option) => option.key.id === id && option.key.version === version);
  return key.source === 'byok' || !keys.some((own) => own.alwaysUse && own.enabled && !wasPlanned(own));
}

function startRun(ports: Ports, inbound: Inbound, track: Track): Run {
  const apiKey =
    inbound.apiKeyId === undefined
      ? authenticate(ports, inbound.token, ['inference'])
      : authenticateProven(ports, inbound.apiKeyId, ['inference']);
  const config = ports.config();
  const workspace = config.workspace(apiKey.workspaceId);
  if (workspace === undefined) {
    throw new GatewayError('invalid_api_key', 'The workspace of this API key no longer exists.');
  }
  const request = parseRequest(config, apiKey, inbound);
  const now = ports.clock.now();
  return {
    track,
    inbound,
    header: {
      // Time first, so that rows of one time stand together; the rest cannot be guessed.
      id: `gen-${Math.floor(now / 1000)}-${ports.random.hex(12)}` as GenerationId,
      requestId: inbound.requestId,
      workspaceId: workspace.id,
      apiKeyId: apiKey.id,
      createdAt: now,
      dialect: inbound.dialect.id,
      modelRequested: request.facts.model ?? request.facts.models[0] ?? '',
      streamed: request.facts.stream,
    },
    apiKey,
    workspace,
    request,
    startedMs: ports.clock.monotonicMs(),
    plans: [],
    refusals: [],
    failures: [],
    inexpressible: null,
    pendingSettlement: null,
  };
}
