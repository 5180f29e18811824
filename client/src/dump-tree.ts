/** A tree of the dump that was looked at last. It is filled again when the dump or its cluster changes, while it is on the screen. */
import { type CancellationToken, CancellationTokenSource, type Disposable, EventEmitter, Uri } from 'vscode';
import type { FollowsDump } from './dump-follower.ts';
import { createTree, messageOf, type Tree, type TreeRow } from './show.ts';

/** Changes of a dump or a cluster come in bursts; this long after the last one the tree is filled again, in milliseconds. */
const calm = 400;

/** One time that a tree is filled. */
export interface Filling {
  readonly dump: Uri;
  readonly token: CancellationToken;
  /** Whether another has begun since, or the tree is gone: nothing that comes in now is shown. */
  isOver(): boolean;
  /** From here on the rows are of this dump; until then they are those of the dump before. */
  take(): void;
}

/** What a tree of a dump shows. */
export interface DumpTreeSource<Node> {
  row(node: Node, dump: Uri): TreeRow;
  /** The rows below a node; at the top where it is undefined. */
  children(node: Node | undefined, dump: Uri): Promise<readonly Node[]>;
  /** Asks for all that the tree shows. */
  fill(filling: Filling): Promise<void>;
  /** What was asked for could not be had, and why. */
  fail(reason: string): void;
}

export class DumpTree<Node> implements FollowsDump, Disposable {
  readonly #source: DumpTreeSource<Node>;
  readonly #tree: Tree;
  readonly #changed = new EventEmitter<Node | undefined>();
  /** What is looked at. */
  #dump: Uri | undefined;
  /** What the rows are of. */
  #shown: Uri | undefined;
  #isOutdated = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: CancellationTokenSource | undefined;

  constructor(viewId: string, source: DumpTreeSource<Node>) {
    this.#source = source;
    this.#tree = createTree<Node>(viewId, {
      changed: this.#changed.event,
      row: (node) => source.row(node, this.#shown ?? Uri.parse('untitled:')),
      children: async (node) => (this.#shown === undefined ? [] : source.children(node, this.#shown)),
    });
    this.#tree.onDidChangeVisibility(({ visible }) => {
      if (visible && this.#isOutdated) void this.#fill();
    });
  }

  /** The dump that the rows are of; undefined where none is shown yet. */
  shown(): Uri | undefined {
    return this.#shown;
  }

  look(dump: Uri | undefined): void {
    if (dump === undefined || dump.toString() === this.#dump?.toString()) return;
    this.#dump = dump;
    this.#outdate();
  }

  changed(uri: string): void {
    if (uri === this.#dump?.toString()) this.#outdate();
  }

  /** Has the rows below a node asked for again, or all of them. */
  refresh(node?: Node): void {
    this.#changed.fire(node);
  }

  /** The text above the rows; empty for none. */
  setMessage(text: string): void {
    this.#tree.setMessage(text);
  }

  /** A number on the view's icon, with what it counts; undefined for none. */
  setBadge(badge: { readonly value: number; readonly tooltip: string } | undefined): void {
    this.#tree.setBadge(badge);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#running?.cancel();
    this.#running = undefined;
    this.#tree.dispose();
    this.#changed.dispose();
  }

  #outdate(): void {
    this.#isOutdated = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fill(), calm);
  }

  async #fill(): Promise<void> {
    this.#running?.cancel();
    const dump = this.#dump;
    if (dump === undefined || !this.#tree.isVisible()) return;
    this.#isOutdated = false;
    const mine = new CancellationTokenSource();
    this.#running = mine;
    const isOver = (): boolean => this.#running !== mine;
    const take = (): void => {
      this.#shown = dump;
    };
    try {
      await this.#source.fill({ dump, token: mine.token, isOver, take });
    } catch (error) {
      if (isOver()) return;
      take();
      this.#source.fail(messageOf(error));
    } finally {
      if (!isOver()) this.#running = undefined;
      mine.dispose();
    }
  }
}
