/** Form fields: a label, what it means, what is wrong with it. The three are tied together for screen readers. */
import { useId, type ComponentProps, type ReactNode } from 'react';
import { Icon } from './icon.tsx';

export type FieldFrame = {
  readonly label: ReactNode;
  /** A sentence below the control. */
  readonly help?: ReactNode;
  /** What is wrong; null or absent: nothing. */
  readonly error?: string | null | undefined;
  /** Shown beside the label: most fields are needed, so the others say that they are not. */
  readonly optional?: boolean;
};
type Wiring = {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
};

/** For a control of one's own: `<Field label="…">{(wiring) => <input {...wiring} />}</Field>`. */
export function Field({
  label,
  help,
  error,
  optional = false,
  children,
}: FieldFrame & { readonly children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const helpId = `${id}-help`;
  const errorId = `${id}-error`;
  const wrong = error !== undefined && error !== null && error !== '';
  const described = [wrong ? errorId : '', help === undefined ? '' : helpId].filter(Boolean).join(' ');
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className="flex items-baseline gap-2 text-[0.8125rem] font-medium">
        {label}
        {optional ? <span className="text-xs font-normal text-faint">optional</span> : null}
      </label>
      {children({ id, 'aria-describedby': described === '' ? undefined : described, 'aria-invalid': wrong })}
      {wrong ? (
        <p id={errorId} className="flex gap-1.5 text-[0.8125rem] text-bad">
          <Icon name="warning" className="mt-0.5 size-3.5" />
          <span className="min-w-0 wrap-anywhere">{error}</span>
        </p>
      ) : null}
      {help === undefined ? null : (
        <p id={helpId} className="text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}

type Value = { readonly value: string; readonly onValue: (value: string) => void };

export function TextField({
  label,
  help,
  error,
  optional,
  onValue,
  unit,
  className = '',
  ...rest
}: FieldFrame & Value & { readonly unit?: string } & Omit<ComponentProps<'input'>, 'value'>) {
  return (
    <Field {...{ label, help, error, ...(optional === undefined ? {} : { optional }) }}>
      {(wiring) => (
        <span className="relative block">
          <input
            autoComplete="off"
            spellCheck={false}
            {...rest}
            {...wiring}
            className={`control ${unit === undefined ? '' : 'pr-16'} ${className}`}
            onChange={(event) => onValue(event.target.value)}
          />
          {unit === undefined ? null : (
            <span className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-xs text-faint">
              {unit}
            </span>
          )}
        </span>
      )}
    </Field>
  );
}

export function TextAreaField({
  label,
  help,
  error,
  optional,
  onValue,
  className = '',
  ...rest
}: FieldFrame & Value & Omit<ComponentProps<'textarea'>, 'value'>) {
  return (
    <Field {...{ label, help, error, ...(optional === undefined ? {} : { optional }) }}>
      {(wiring) => (
        <textarea
          rows={6}
          spellCheck={false}
          autoComplete="off"
          {...rest}
          {...wiring}
          className={`control font-mono text-xs leading-5 ${className}`}
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Field>
  );
}

export function SelectField({
  label,
  help,
  error,
  optional,
  onValue,
  options,
  ...rest
}: FieldFrame &
  Value & { readonly options: readonly { readonly value: string; readonly label: string }[] } & Omit<
    ComponentProps<'select'>,
    'value'
  >) {
  return (
    <Field {...{ label, help, error, ...(optional === undefined ? {} : { optional }) }}>
      {(wiring) => (
        <select {...rest} {...wiring} className="control" onChange={(event) => onValue(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A switch with its words beside it; the whole line can be pressed. */
export function SwitchField({
  label,
  help,
  checked,
  onChecked,
  disabled = false,
}: {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly checked: boolean;
  readonly onChecked: (checked: boolean) => void;
  readonly disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <input
        id={id}
        type="checkbox"
        role="switch"
        className="switch mt-0.5"
        checked={checked}
        disabled={disabled}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onChange={(event) => onChecked(event.target.checked)}
      />
      <div className="grid gap-0.5">
        <label htmlFor={id} className="text-[0.8125rem] font-medium">
          {label}
        </label>
        {help === undefined ? null : (
          <p id={`${id}-help`} className="text-xs text-muted">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}

/** A search line: small, with its own name and an icon. */
export function SearchField({
  label,
  onValue,
  className = '',
  ...rest
}: { readonly label: string } & Value & Omit<ComponentProps<'input'>, 'value'>) {
  return (
    <span className={`relative block ${className}`}>
      <Icon name="search" className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-faint" />
      <input
        type="search"
        autoComplete="off"
        spellCheck={false}
        placeholder={label}
        {...rest}
        aria-label={label}
        className="control pl-8"
        onChange={(event) => onValue(event.target.value)}
      />
    </span>
  );
}
