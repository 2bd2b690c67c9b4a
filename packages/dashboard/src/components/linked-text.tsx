/** A sentence of ours in which web addresses can be followed. Text nodes and links only; for providers' words use plain text. */
const ADDRESS = /(https:\/\/[^\s)"']*[^\s)"'.,;:])/;

export function LinkedText({ text }: { readonly text: string }) {
  return text.split(ADDRESS).map((part, index) =>
    part.startsWith('https://') ? (
      <a key={index} className="link wrap-anywhere" href={part} target="_blank" rel="noreferrer">
        {part.slice('https://'.length)}
      </a>
    ) : (
      part
    ),
  );
}
