/** The first run: whoever holds the printed link becomes the first owner, signed in, and the one who operates. */
import type { RouteInput } from '@arouter/contract';
import { GatewayError } from '@arouter/core';
import { createTurns } from '../instance/create-turns.ts';
import type { ControlPlaneDeps } from './deps.ts';
import type { Call, Handlers } from './handler.ts';

type Deps = Pick<ControlPlaneDeps, 'people' | 'store' | 'firstRun' | 'clock' | 'refreshSnapshot'>;

const WORKSPACE_NAME = 'My workspace';

export function firstRunHandlers(deps: Deps): Handlers<'completeFirstRun'> {
  const inTurn = createTurns();
  // Of many claims that come together, one finds the token unused.
  return { completeFirstRun: (call) => inTurn('claim', () => complete(deps, call)) };
}

async function complete(deps: Deps, { body, exchange }: Call<'completeFirstRun'>) {
  if (!(await deps.firstRun.isOpen()) || !(await deps.firstRun.consume(body.token))) {
    throw new GatewayError(
      'link_invalid',
      'The first-run link is not valid: it was used already, is older than an hour, or a newer one was printed. While there is no owner yet, a restart prints a new link.',
    );
  }
  const userId = await deps.people.create({ ...personOf(body), isOperator: true });
  const workspace = await deps.firstRun.createWorkspace(body.workspace_name ?? WORKSPACE_NAME);
  const joinedAt = deps.clock.now();
  await deps.store.members.add({ workspaceId: workspace.id, userId, role: 'owner', joinedAt });
  await deps.refreshSnapshot();
  const { cookies } = await deps.people.signInAs(exchange.client, userId);
  exchange.setCookies(cookies);
  return { data: { workspace_id: workspace.id, first_api_key: workspace.apiKey } };
}

function personOf({ name, email, password }: RouteInput<'completeFirstRun'>['body']) {
  return { name, email, password };
}
