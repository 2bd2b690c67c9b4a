/** Amounts of USD, never rounded to a lie: what is not zero is never shown as zero, and the exact amount is on hover. */
const NANO_DIGITS = 9;
const SIGNIFICANT_BELOW_ONE = 3;

export function Money({ usd, className = '' }: { readonly usd: number; readonly className?: string }) {
  return (
    <data value={String(usd)} title={`${exactUsd(usd)} USD`} className={`whitespace-nowrap ${className}`}>
      {moneyWords(usd)}
    </data>
  );
}

/** `$12.34`; below a dollar three significant digits, down to a nano-dollar: `$0.0000213`. */
export function moneyWords(usd: number): string {
  const size = Math.abs(usd);
  const sign = usd < 0 ? '−' : '';
  if (size === 0) return '$0.00';
  if (size >= 1)
    return `${sign}$${size.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const zeros = Math.max(0, -Math.floor(Math.log10(size)) - 1);
  const digits = Math.min(NANO_DIGITS, zeros + SIGNIFICANT_BELOW_ONE);
  const [whole = '0', fraction = ''] = size.toFixed(digits).split('.');
  return `${sign}$${whole}.${fraction.replace(/(?<!0)0+$/, '').padEnd(2, '0')}`;
}

/** A price: every digit that it has, for it is multiplied by millions. */
export function Price({ usd }: { readonly usd: number }) {
  return (
    <data value={String(usd)} className="whitespace-nowrap">
      {usd === 0 ? 'free' : `$${exactUsd(usd)}`}
    </data>
  );
}

function exactUsd(usd: number): string {
  const [whole = '0', fraction = ''] = usd.toFixed(NANO_DIGITS).split('.');
  return `${whole}.${fraction.replace(/(?<!0)0+$/, '').padEnd(2, '0')}`;
}
