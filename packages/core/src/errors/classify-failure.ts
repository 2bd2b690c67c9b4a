/**
 * Whose fault an error answer is: one pure function over two tables, the provider's own rows first. Status alone does
 * not say it (no money is 400, 402, 403 or 429 depending on the provider), so a row may look at four things at once.
 */
import type { FailureClass, FailureRule, FailureSignals } from './failure-class.ts';
import { GENERAL_FAILURE_RULES, classOfStatus } from './general-failure-rules.ts';

/** A message longer than this is judged by its beginning: every rule reads words that stand at the front. */
const MESSAGE_CHARACTERS_MAX = 4096;

/** Never throws, and always answers: what no row knows is judged by its status. */
export function classifyFailure(
  signals: FailureSignals,
  providerRules: readonly FailureRule[],
): FailureClass {
  const judged = {
    ...signals,
    status: statusOf(signals),
    message: signals.message.slice(0, MESSAGE_CHARACTERS_MAX),
  };
  const rule =
    providerRules.find((candidate) => applies(candidate, judged)) ??
    GENERAL_FAILURE_RULES.find((candidate) => applies(candidate, judged));
  return rule === undefined ? classOfStatus(judged.status) : rule.class;
}

/** An error inside a 200 stream may carry the status it would have had as its code (`{"error":{"code":502}}`). */
function statusOf(signals: FailureSignals): number {
  return signals.status < 300 && /^[45]\d\d$/.test(signals.code) ? Number(signals.code) : signals.status;
}

function applies(rule: FailureRule, signals: FailureSignals): boolean {
  return (
    statusFits(rule.status, signals.status) &&
    (rule.type === undefined || rule.type.test(signals.type)) &&
    (rule.code === undefined || rule.code.test(signals.code)) &&
    (rule.message === undefined || rule.message.test(signals.message)) &&
    (rule.retryAfter === undefined || rule.retryAfter === (signals.retryAfterMs !== null))
  );
}

function statusFits(wanted: FailureRule['status'], status: number): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'number' ? wanted === status : wanted.includes(status);
}
