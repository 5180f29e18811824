import { Uri, type Webview } from 'vscode';
import { randomNonce } from './nonce.ts';

/** The page of a flow panel: an empty body, one style sheet and one script; all that is drawn comes by messages. */
export function flowPage(webview: Webview, extensionUri: Uri): string {
  const resource = (name: string) => webview.asWebviewUri(Uri.joinPath(extensionUri, 'dist/webview', name)).toString();
  const nonce = randomNonce();
  const policy = ["default-src 'none'", `script-src 'nonce-${nonce}'`, `style-src ${webview.cspSource}`, 'img-src blob:'].join(
    '; ',
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NAT flow</title>
<link rel="stylesheet" href="${resource('flow.css')}">
</head>
<body>
<script nonce="${nonce}" src="${resource('flow.js')}"></script>
</body>
</html>
`;
}
