import { TransportFault } from '@arouter/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerBody } from './answer-body.ts';

describe('the body of an answer', () => {
  it('writes nothing to a reader that has asked for a pause, not even at the end', async () => {
    const body = new AnswerBody(100);
    const seen: number[] = [];
    let hasEnded = false;
    const done = body.pipe({ write: (bytes) => seen.push(bytes[0] ?? 0) < 0 }).then(() => (hasEnded = true));
    expect(body.take(Uint8Array.of(1))).toBe('pause');
    expect(body.take(Uint8Array.of(2))).toBe('go_on');
    body.end();
    await Promise.resolve();
    expect([seen, hasEnded]).toEqual([[1], false]);
    expect(body.resume()).toBe('pause');
    expect(seen).toEqual([1, 2]);
    body.resume();
    await done;
    expect(hasEnded).toBe(true);
  });

  it('arrives whole and in order, whenever the reader comes and pauses', async () => {
    const steps = fc.array(fc.constantFrom('chunk', 'read', 'resume'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(4), async (plan, pauseEvery) => {
        const body = new AnswerBody(3);
        const seen: number[] = [];
        let done: Promise<void> | undefined;
        let sent = 0;
        const read = (): void => {
          done ??= body.pipe({
            write: (bytes) => seen.push(...bytes) % (pauseEvery + 1) !== 0 || pauseEvery === 0,
          });
          body.resume();
        };
        for (const step of plan) {
          if (step === 'chunk') body.take(Uint8Array.of((sent += 1)));
          else if (step === 'read') read();
          else body.resume();
        }
        body.end();
        read();
        for (let turn = 0; turn <= sent; turn += 1) body.resume();
        await done;
        expect(seen).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
      }),
    );
  });

  it('has one reader', () => {
    const body = new AnswerBody(100);
    void body.readAll(10);
    expect(() => body.readAll(10)).toThrow('only once');
  });

  it('is given at once where all of it is here, told of once, and only once', () => {
    const body = new AnswerBody(100);
    const told: number[] = [];
    body.take(Uint8Array.of(1, 2));
    expect(body.takeAll(10, (bytes) => told.push(bytes))).toBeUndefined();
    body.take(Uint8Array.of(3));
    body.end();
    expect(body.takeAll(2, (bytes) => told.push(bytes))).toBeUndefined();
    expect(told).toEqual([]);
    expect([...(body.takeAll(3, (bytes) => told.push(bytes)) ?? [])]).toEqual([1, 2, 3]);
    expect(told).toEqual([3]);
    expect(body.takeAll(3)).toBeUndefined();
    expect(() => body.readAll(3)).toThrow('only once');
    body.fail(new TransportFault('cancelled', false));
  });

  it('that is empty, or that has failed', async () => {
    const empty = new AnswerBody(100);
    empty.end();
    expect(empty.takeAll(0, () => expect.unreachable())).toHaveLength(0);
    const failed = new AnswerBody(100);
    failed.take(Uint8Array.of(1));
    failed.end();
    failed.fail(new TransportFault('cancelled', false));
    expect(failed.takeAll(10)).toBeUndefined();
    await expect(failed.readAll(10)).rejects.toThrow('cancelled');
  });
});
