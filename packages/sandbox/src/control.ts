/**
 * `/__sandbox/…`: the sandbox's own controls over HTTP, for scripts and for a person with curl. Answered only to a caller
 * on this machine who names this machine as the host, so that no web page can reach it through a resolver trick.
 *
 *   POST   /__sandbox/behaviour        a behaviour, or a list of them → {"ids": [...]}
 *   GET    /__sandbox/behaviour        those in force
 *   DELETE /__sandbox/behaviour[/id]   clears all, or one
 *   POST   /__sandbox/keys             {"key": "...", "state": "accepted" | "revoked"}
 *   GET    /__sandbox/journal          what was seen (keys that are not the sandbox's own are masked)
 *   DELETE /__sandbox/journal
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BehaviourBook } from './faults/behaviour.ts';
import { maskedKey } from './faults/error-presets.ts';
import { parseBehaviour } from './faults/parse-behaviour.ts';
import type { ParsedBehaviour } from './faults/parse-behaviour.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Keyring } from './keyring.ts';
import { sendPlain } from './run-script.ts';
import { isObject } from './sandbox-request.ts';
import { jsonAnswer } from './script.ts';

export const CONTROL_PREFIX = '/__sandbox/';
/** Enough for a look; `journal` in process has them all. */
const JOURNAL_SHOWN_MAX = 1000;
const KEY_CHARACTERS_MAX = 4096;

export type ControlParts = {
  readonly behaviours: BehaviourBook;
  readonly keyring: Keyring;
  readonly journal: Journal;
};
type Said = { readonly status: number; readonly body: unknown };

export function answerControl(
  parts: ControlParts,
  incoming: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const said = isLocal(incoming)
    ? obey(parts, `${incoming.method} ${(incoming.url ?? '').slice(CONTROL_PREFIX.length)}`, body)
    : refusal(403, 'the controls answer only to this machine, by 127.0.0.1, [::1] or localhost');
  sendPlain(response, jsonAnswer(said.status, [], said.body));
}

function obey({ behaviours, keyring, journal }: ControlParts, command: string, body: Buffer): Said {
  switch (command) {
    case 'POST behaviour':
      return addBehaviours(behaviours, parse(body));
    case 'GET behaviour':
      return { status: 200, body: { data: behaviours.list() } };
    case 'DELETE behaviour':
      return { status: 200, body: { cleared: behaviours.clear() } };
    case 'POST keys':
      return setKey(keyring, parse(body));
    case 'GET journal': {
      const entries = journal.entries().slice(-JOURNAL_SHOWN_MAX);
      return {
        status: 200,
        body: { seen: journal.seen(), data: entries.map((entry) => shown(entry, keyring)) },
      };
    }
    case 'DELETE journal':
      journal.clear();
      return { status: 200, body: { cleared: true } };
    default: {
      const one = /^DELETE behaviour\/([\w-]+)$/.exec(command);
      if (one === null) return refusal(404, `no control is called "${command}"`);
      return behaviours.clear(one[1])
        ? { status: 200, body: { cleared: true } }
        : refusal(404, 'no behaviour has this id, or it is used up');
    }
  }
}

function addBehaviours(behaviours: BehaviourBook, value: unknown): Said {
  const ids: string[] = [];
  // All are judged before any is taken: half a list would be a trap.
  const parsed = (Array.isArray(value) ? value : [value]).map(parseBehaviour);
  const refused = parsed.find(
    (each): each is ParsedBehaviour & { kind: 'refused' } => each.kind === 'refused',
  );
  if (refused !== undefined) return refusal(400, refused.problem);
  for (const each of parsed) if (each.kind === 'parsed') ids.push(behaviours.add(each.behaviour));
  return { status: 201, body: { ids } };
}

function setKey(keyring: Keyring, value: unknown): Said {
  const key = isObject(value) ? value['key'] : undefined;
  const state = isObject(value) ? (value['state'] ?? 'accepted') : undefined;
  if (typeof key !== 'string' || key === '' || key.length > KEY_CHARACTERS_MAX)
    return refusal(400, '"key" must be a string of 1 to 4096 characters');
  if (state !== 'accepted' && state !== 'revoked')
    return refusal(400, '"state" must be "accepted" or "revoked"');
  if (state === 'accepted') keyring.accept(key);
  else keyring.revoke(key);
  return { status: 200, body: { state } };
}

/** A key that someone sent here by mistake may be worth something: it is shown as a mask, and its header not at all. */
function shown(entry: JournalEntry, keyring: Keyring): JournalEntry {
  if (entry.key === null || keyring.knows(entry.key)) return entry;
  const key = entry.key;
  return {
    ...entry,
    key: maskedKey(key),
    headers: entry.headers.filter(([, value]) => !value.includes(key)),
    body: entry.body?.replaceAll(key, maskedKey(key)) ?? null,
  };
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  const address = socket.remoteAddress ?? '';
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return (
    /^(::ffff:)?127\.|^::1$/.test(address) &&
    /^(127\.0\.0\.1|\[::1\]|localhost)$/.test(host) &&
    // A browser sends an Origin with what it posts; the sandbox serves no page.
    headers.origin === undefined
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // Said to the caller as "must be an object".
    return undefined;
  }
}

function refusal(status: number, message: string): Said {
  return { status, body: { error: { message, type: 'sandbox_control', code: null, param: null } } };
}
