/**
 * The target of a request as path and query. A server must also take the form that proxies are sent, `http://host/path`
 * (RFC 9112, 3.2.2). Its host is not looked at, for nothing here depends on the host that a request names.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) return target;
  const [, rest = ''] = absolute;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A name and a password before the host are no part of what may be asked for. */
const ABSOLUTE = /^https?:\/\/[^/?#@]+([/?].*)?$/i;
