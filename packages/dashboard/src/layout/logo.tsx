/** Our mark and name. */
export function Logo() {
  return (
    <span className="flex items-center gap-2 text-[0.9375rem] font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" className="size-6" fill="none" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <g className="stroke-accent-ink" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round">
          <path d="M8 23 16 8l8 15M11.5 17.5h9" />
        </g>
        <circle cx="16" cy="8" r="2.6" className="fill-accent-ink" />
      </svg>
      ARouter
    </span>
  );
}
