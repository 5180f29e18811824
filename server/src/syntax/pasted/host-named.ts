/** The machine on which somebody printed what stands below: a prompt names it, or a line that is nothing but its name. */

/** `root@node-1:~#`, `[root@node-1 ~]$`. */
const prompt = /^\s{0,8}\[?[\w.-]{1,40}@([A-Za-z0-9][\w.-]{0,80})(?:[: \]][^#$%>]{0,200})?[#$%>](?: |$)/;
/** "=== node-1 ===", "Node: worker-2", "on node-1:", "master:". */
const title =
  /^[^\w*:-]{0,12}(?:(?:on|from|at) )?(?:the )?(?:(?:node|host|hostname|server|machine|vm)[: ]{1,3})?([A-Za-z][\w.-]{0,80})[^\w]{0,12}$/i;
const saysMachine = /\b(?:node|host|hostname|server|machine|vm)[: ]/i;
const machineName =
  /^(?:node|worker|master|control-?plane|server|agent|minion|host|kube|k8s|ip)[\w.-]*\d|^(?:worker|master|control-plane)$/i;
const longestTitle = 120;

/** A name without the dots and dashes at its end. */
function withoutTail(name: string): string {
  let end = name.length;
  while (name[end - 1] === '.' || name[end - 1] === '-') end -= 1;
  return name.slice(0, end);
}

/** The name of the machine that a line says; undefined for a line that says none. */
export function hostNamed(text: string): string | undefined {
  const shown = text.length > 400 ? undefined : prompt.exec(text)?.[1];
  if (shown !== undefined || text.length > longestTitle) return shown;
  const found = title.exec(text)?.[1];
  if (found === undefined) return undefined;
  const name = withoutTail(found);
  return machineName.test(name) || saysMachine.test(text) ? name : undefined;
}
