import { type ConfigurationScope, workspace } from 'vscode';

/** A setting of this extension that is a text, without blanks at its ends; empty where settings.json has something else, which VS Code hands over as it is. */
export function settingText(name: string, scope?: ConfigurationScope | null): string {
  const value = workspace.getConfiguration('iptables', scope).get<unknown>(name);
  return typeof value === 'string' ? value.trim() : '';
}
