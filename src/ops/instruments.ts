// Plain numbers. prom-client's own histogram costs 115 ns per observation, this one 7; its page is
// made from these when somebody asks (`metrics-page.ts`).

/** Only grows. */
export class Counter {
  value = 0

  add(amount = 1): void {
    this.value += amount
  }
}

/** A number that is now so. Either moved by `add` and `set`, or read when somebody asks. */
export class Gauge {
  #value = 0
  #read: (() => number) | null = null

  get value(): number {
    return this.#read === null ? this.#value : this.#read()
  }

  add(amount = 1): void {
    this.#value += amount
  }

  set(value: number): void {
    this.#value = value
  }

  /** From now on the value is what `read` returns: for what would be moved too often. */
  readFrom(read: () => number): void {
    this.#read = read
  }
}

/** How often which size occurred. */
export class Histogram {
  /** Upper bounds of the buckets, ascending, each inclusive. */
  readonly bounds: readonly number[]
  /** Observations per bucket, not cumulated. The last bucket is above every bound. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const { bounds, counts } = this
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    counts[bucket] = (counts[bucket] as number) + 1
    this.sum += value
  }
}

/**
 * One counter or gauge per value of a label. The values are known beforehand, so each is shown from
 * the start with 0, and none ever comes from a peer.
 */
export class Family<Child, Label extends string = string> {
  readonly #children: ReadonlyMap<Label, Child>

  constructor(labels: readonly Label[], make: () => Child) {
    this.#children = new Map(labels.map((label) => [label, make()]))
  }

  of(label: Label): Child {
    return this.#children.get(label) as Child
  }

  [Symbol.iterator](): MapIterator<[Label, Child]> {
    return this.#children[Symbol.iterator]()
  }
}

/** Stands for all that came when there were enough. No value of a label may look like it. */
const OTHERS = '(others)'

/**
 * One counter or gauge per value of a label that only the running tells, such as a tenant: the first
 * so many have their own, all others share one, so that nobody can fill the page.
 */
export class OpenFamily<Child> {
  readonly #children = new Map<string, Child>()
  readonly #make: () => Child
  readonly #most: number

  /** @param first Shown from the start. */
  constructor(most: number, first: readonly string[], make: () => Child) {
    this.#most = most
    this.#make = make
    for (const label of first) this.#add(label)
  }

  of(label: string): Child {
    return this.#children.get(label) ?? this.#add(label)
  }

  #add(label: string): Child {
    const own = this.#children.size < this.#most ? label : OTHERS
    const child = this.#children.get(own) ?? this.#make()
    this.#children.set(own, child)
    return child
  }

  [Symbol.iterator](): MapIterator<[string, Child]> {
    return this.#children[Symbol.iterator]()
  }
}
