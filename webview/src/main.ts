import { startPage } from './page/app.ts';
import { acquireHost } from './page/host.ts';

startPage(acquireHost());
