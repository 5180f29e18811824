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

/** The name of the machine that a line says; undefined for a line that says none. */
export function hostNamed(text: string): string | undefined {
  const shown = text.length > 400 ? undefined : prompt.exec(text)?.[1];
  if (shown !== undefined || text.length > longestTitle) return shown;
  const name = title.exec(text)?.[1]?.replace(/[.-]+$/, '');
  if (name === undefined) return undefined;
  return machineName.test(name) || saysMachine.test(text) ? name : undefined;
}
