import { expect, test } from 'vitest';
import { AUDITED_ROUTES, NOT_AUDITED_ROUTES } from './audited-routes.ts';
import { ROUTE_NAMES, ROUTES } from './routes.ts';

test('every route that may change something is audited, or stands among those that change nothing', () => {
  const changing = ROUTE_NAMES.filter(
    (name) => ROUTES[name].method !== 'GET' || name === 'getGenerationContent',
  );
  const told = [...Object.keys(AUDITED_ROUTES), ...NOT_AUDITED_ROUTES];
  expect(told.toSorted()).toEqual(changing.toSorted());
});

test('what it was is read by a GET of the same parameters', () => {
  for (const [name, audited] of Object.entries(AUDITED_ROUTES)) {
    if (audited.before === undefined) continue;
    expect(ROUTES[audited.before].method).toBe('GET');
    expect(parameterOf(ROUTES[audited.before].path)).toBe(
      parameterOf(ROUTES[name as keyof typeof ROUTES].path),
    );
  }
});

function parameterOf(path: string): string | undefined {
  return /\{\w+\}/.exec(path)?.[0];
}
