/** A provider's or person's mark: our own initials on a colour that follows from the name. No third party's marks. */
const HUES = 12;

export function InitialsLogo({
  name,
  size = 'medium',
}: {
  readonly name: string;
  readonly size?: 'small' | 'medium' | 'large';
}) {
  const sizes = {
    small: 'size-6 text-[0.625rem] rounded-md',
    medium: 'size-9 text-xs rounded-lg',
    large: 'size-11 text-sm rounded-xl',
  };
  return (
    <span
      aria-hidden="true"
      className={`logo grid shrink-0 place-items-center font-semibold ${sizes[size]}`}
      data-hue={hueOf(name)}
      data-letters={initialsOf(name)}
    />
  );
}

/** Two letters: of the first two words, or the first two of one. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const [first = '?', second] = words;
  const letters = second === undefined ? [...first].slice(0, 2) : [[...first][0] ?? '', [...second][0] ?? ''];
  return letters.join('').toUpperCase();
}

function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
