/** A secret while it is typed: hidden, shown on request, never offered to the browser's password store. */
import { useState } from 'react';
import { Field, type FieldFrame } from '../../components/field.tsx';

export function SecretField({
  value,
  onValue,
  ...frame
}: FieldFrame & { readonly value: string; readonly onValue: (value: string) => void }) {
  const [shown, setShown] = useState(false);
  return (
    <Field {...frame}>
      {(wiring) => (
        <span className="relative block">
          <input
            {...wiring}
            type={shown ? 'text' : 'password'}
            // Not a password of this site: "new-password" keeps stores from filling one in.
            autoComplete="new-password"
            spellCheck={false}
            className="control pr-16 font-mono text-xs"
            value={value}
            onChange={(event) => onValue(event.target.value)}
          />
          <button
            type="button"
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-0.5 right-1 rounded-md px-2 text-xs text-muted hover:text-ink"
          >
            {shown ? 'Hide' : 'Show'}
          </button>
        </span>
      )}
    </Field>
  );
}
