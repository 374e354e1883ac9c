// The icons of the plugins. GraphiQL adds the accessible name.
import type { PropsWithChildren } from "react";

export function NetworkIcon() {
  return (
    <Icon>
      <path d="M7 8l4 8M9 6h6M17 9l-3 7" />
      <circle cx="6" cy="6" r="3" />
      <circle cx="18" cy="6" r="3" />
      <circle cx="12.500" cy="18.500" r="3" />
    </Icon>
  );
}

export function StepsIcon() {
  return (
    <Icon>
      <path d="M4 6h16M8 12h12M12 18h8M4 6v12M8 12v0" />
    </Icon>
  );
}

export function CompassIcon() {
  return (
    <Icon>
      <circle cx="12" cy="12" r="9" />
      <path d="m15.500 8.500-2 5-5 2 2-5z" />
    </Icon>
  );
}

function Icon({ children }: PropsWithChildren) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      width="1em"
      height="1em"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      {children}
    </svg>
  );
}
