/** For tests: somebody with a role in the stage's workspace, signed in, and what their browser asks of the management API. */
import type { Role } from '@arouter/contract';
import type { Stage } from './open-stage.ts';

export type Person = {
  readonly userId: string;
  readonly cookie: string;
  call(method: string, path: string, body?: object): Promise<PersonsAnswer>;
};
export type PersonsAnswer = {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every route
  readonly body: any;
};

export async function signIn({ server, keys }: Stage, name: string, role: Role | null): Promise<Person> {
  const { people, store, clock } = server.instance;
  const email = `${name}@example.com`;
  const userId = await people.create({ name, email, password: null, isOperator: false });
  const { workspaceId } = keys;
  if (role !== null) await store.members.add({ workspaceId, userId, role, joinedAt: clock.now() });
  const { cookies } = await people.signInAs({ cookie: '', userAgent: '', address: '' }, userId);
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  return {
    userId,
    cookie,
    async call(method, path, body) {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          origin: server.url,
          'sec-fetch-site': 'same-origin',
          cookie,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
  };
}
