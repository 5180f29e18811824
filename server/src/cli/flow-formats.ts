/** How `flow` prints what it found. */
export const flowFormats = ['text', 'json', 'svg', 'mermaid', 'dot', 'html'] as const;
