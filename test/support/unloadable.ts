import { forge } from './forge.ts'

/**
 * Updates that pass every check, and in whose company Yjs fails: text of several characters under a
 * key of a map, behind a value that is known, and split. Yjs bears that until the map is collected;
 * then it throws, in every replica.
 */
export const WEDGE: readonly Uint8Array[] = [
  forge([
    {
      client: 9,
      clock: 0,
      structs: [
        { is: 'type', key: 'm' },
        { is: 'json', parent: [9, 0], key: 'k' },
      ],
    },
  ]),
  forge([{ client: 5, clock: 0, structs: [{ is: 'text', length: 3, origin: [9, 1] }] }]),
  forge([], [[5, 1, 1]]),
]

/** What has the map collected, as anybody might write it without harm in mind. */
export const TRIGGERS = {
  'deletes the map': forge([], [[9, 0, 1]]),
  'writes, and deletes the map': forge(
    [{ client: 4, clock: 0, structs: [{ is: 'text', length: 2 }] }],
    [[9, 0, 1]],
  ),
  'puts something else in its place': forge([
    {
      client: 4,
      clock: 0,
      structs: [
        { is: 'type', origin: [9, 0] },
        { is: 'text', length: 2 },
      ],
    },
  ]),
} as const

/** Behind the first of `WEDGE`, all the rest in one: whatever it is compacted on, Yjs fails. */
export const WHOLE = forge(
  [{ client: 12, clock: 0, structs: [{ is: 'text', length: 3, origin: [9, 1] }] }],
  [
    [12, 1, 1],
    [9, 0, 1],
  ],
)

/** The same without deletes: a struct in its midst splits it, another takes the place of the map. */
export const WHOLE_OVER = forge([
  { client: 12, clock: 0, structs: [{ is: 'text', length: 3, origin: [9, 1] }] },
  {
    client: 5,
    clock: 0,
    structs: [
      { is: 'json', origin: [12, 1] },
      { is: 'type', origin: [9, 0] },
    ],
  },
])
