/** Test Key: the cheapest call that proves a credential. While it runs it says what it waits for; then, in plain words, how it went. */
import { useEffect, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { durationWords } from '../../components/numbers.ts';
import { Spinner } from '../../components/spinner.tsx';
import { Notice } from '../../components/states.tsx';
import { notify, notifyError, notifyProblem } from '../../components/toasts.tsx';
import { useKeyActions, type KeyScope, type KeyTestResult, type ProviderKey } from './key-scope.ts';

const TICK_MS = 250;

/** On a key's line: the result is a notice, since the line has no room for it. */
export function TestButton({
  scope,
  providerKey,
}: {
  readonly scope: KeyScope;
  readonly providerKey: ProviderKey;
}) {
  const { test } = useKeyActions(scope);
  const run = (): void =>
    test.mutate(providerKey.id, {
      onSuccess: ({ data }) =>
        data.ok
          ? notify(`“${providerKey.label}” works`, `${data.message} (${durationWords(data.latency_ms)})`)
          : notifyProblem(`“${providerKey.label}” does not work`, data.message),
      onError: notifyError,
    });
  return (
    <Button size="small" busy={test.isPending} onClick={run}>
      Test Key
    </Button>
  );
}

export function TestProgress({ provider }: { readonly provider: string }) {
  const elapsedMs = useElapsed();
  return (
    <p role="status" className="flex items-center gap-2.5 rounded-xl bg-hover px-3.5 py-3 text-[0.8125rem]">
      <Spinner />
      <span className="flex-1">Asking {provider} whether it knows this key…</span>
      <span className="text-xs text-muted">{(elapsedMs / 1_000).toFixed(1)} s</span>
    </p>
  );
}

export function TestOutcome({ result }: { readonly result: KeyTestResult }) {
  const facts = [result.status === null ? '' : `HTTP ${result.status}`, durationWords(result.latency_ms)];
  return (
    <div role="status">
      <Notice tone={toneOf(result)} title={titleOf(result)}>
        <p>{result.message}</p>
        <p className="mt-0.5 text-xs text-muted">{facts.filter(Boolean).join(' · ')}</p>
      </Notice>
    </div>
  );
}

/** Not every failure says that the key is bad: a network fault or a full quota leaves it open. */
function toneOf({ class: kind }: KeyTestResult): 'good' | 'warn' | 'bad' {
  if (kind === 'ok') return 'good';
  return kind === 'bad_credential' || kind === 'misconfigured' ? 'bad' : 'warn';
}

function titleOf({ class: kind }: KeyTestResult): string {
  switch (kind) {
    case 'ok':
      return 'The key works';
    case 'bad_credential':
      return 'The provider refused the key';
    case 'no_such_model':
      return 'The key was accepted; the model was not';
    case 'no_quota':
      return 'The key is valid, but its account has no quota left';
    case 'limited':
      return 'The key is valid, but rate-limited now';
    case 'network':
      return 'The provider could not be reached';
    case 'cannot_test':
      return 'This key cannot be tested without spending';
    case 'misconfigured':
      return 'Something in the form is wrong';
  }
}

function useElapsed(): number {
  const [elapsedMs, setElapsed] = useState(0);
  useEffect(() => {
    const startedAt = performance.now();
    const timer = setInterval(() => setElapsed(performance.now() - startedAt), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return elapsedMs;
}
