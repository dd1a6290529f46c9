// What the marble diagrams of the guides show. Times run from 0 to 100, in no unit: a picture shows the order.
const get = (at, text = 'GET') => ({ at, text, kind: 'request' });
const submitted = (at, text = 'submitted') => ({ at, text, kind: 'submitted' });
const running = (at, text = 'running') => ({ at, text, kind: 'running' });
const completed = (at, text = 'completed') => ({ at, text, kind: 'completed' });
const failed = (at, text = 'failed') => ({ at, text, kind: 'failed' });

export const diagrams = [
  {
    name: 'job',
    title: 'job$ polls with GET until the job has ended. Polls that find the same status emit nothing.',
    rows: [
      { label: 'requests', marks: [get(4), get(32), get(58), get(80)] },
      { label: 'job$', marks: [running(14), completed(90)], end: 99 },
    ],
    notes: [{ at: 32, to: 58, text: 'same status: nothing is emitted' }],
  },
  {
    name: 'generate',
    title:
      'generate$ sends one POST, emits submitted with the job id, and then polls with GET until the job has ended.',
    rows: [
      { label: 'requests', marks: [get(4, 'POST'), get(34), get(58), get(80)] },
      { label: 'generate$', marks: [submitted(16), running(44), completed(90)], end: 99 },
    ],
    notes: [{ at: 4, to: 20, text: 'paid once, the id is known' }],
  },
  {
    name: 'batch',
    title: 'batch$ with concurrency 2: the third item starts when the first has ended. One that fails stops no other.',
    rows: [
      { label: 'item 1', marks: [submitted(6), running(22), completed(42)], end: 51 },
      { label: 'item 2', marks: [submitted(10), running(30), failed(66)], end: 73 },
      { label: 'item 3', from: 51, marks: [submitted(58), running(76), completed(90)], end: 99 },
      {
        label: 'batch$',
        marks: [
          submitted(6, '1'),
          submitted(10, '2'),
          running(22, '1'),
          running(30, '2'),
          completed(42, '1'),
          submitted(58, '3'),
          failed(66, '2'),
          running(76, '3'),
          completed(90, '3'),
        ],
        end: 99,
      },
    ],
    notes: [{ at: 6, to: 51, text: 'colour: status, number: item' }],
  },
  {
    name: 'sharing',
    title: 'Two subscribers of one job share one polling loop. The late one gets the latest state at once.',
    rows: [
      { label: 'requests', marks: [get(4), get(28), get(56), get(80)] },
      { label: 'subscriber 1', marks: [running(14), completed(90)], end: 99 },
      { label: 'subscriber 2', from: 42, marks: [running(42), completed(90)], end: 99 },
    ],
    notes: [{ at: 42, to: 56, text: 'late: gets the latest state, no extra request' }],
  },
  {
    name: 'retry',
    title: 'Polls that fail are tried again. job$ emits nothing meanwhile and goes on; events$ reports each retry.',
    rows: [
      { label: 'requests', marks: [get(4), failed(28, '503'), failed(46, 'timeout'), get(78)] },
      { label: 'job$', marks: [running(14), completed(90)], end: 99 },
      { label: 'events$', marks: [get(34, 'retry'), get(55, 'retry')] },
    ],
    notes: [{ at: 46, to: 78, text: 'waits longer after each failure' }],
  },
  {
    name: 'conflation',
    title:
      'A reader that is busy gets the newest state when it asks again. It may miss a state, but never the last one.',
    rows: [
      { label: 'states', marks: [submitted(6), running(28), completed(50)], end: 59 },
      { label: 'slow reader', marks: [submitted(10), completed(78)], busy: [{ at: 17, to: 69 }], end: 87 },
    ],
    notes: [{ at: 20, to: 66, text: 'busy: running is replaced by completed' }],
  },
];
