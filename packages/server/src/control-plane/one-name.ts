/** One field that other clients know by other names. */
import { GatewayError } from '@arouter/core';

/** What was given under one of the names; undefined: under none. Throws `invalid_request` when it was given twice. */
export function oneOf<Body extends object, Name extends keyof Body & string>(
  body: Body,
  ...names: readonly Name[]
): Body[Name] | undefined {
  const [first, second] = names.filter((name) => body[name] !== undefined);
  if (first !== undefined && second !== undefined) throw givenTwice(first, second);
  return first === undefined ? undefined : body[first];
}

export function givenTwice(name: string, alias: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `\`${name}\` and \`${alias}\` are two names of one field: give one of them.`,
  );
}
