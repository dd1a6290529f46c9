/** What the suite holds adapters to, by the ids that its tests are named after. The README repeats this table. */
export const guarantees = {
  J1: 'job$ emits each change of status once, in order, and completes in the same turn as the terminal state. A failed job is a value, never an error. For a job that this engine submitted it begins with submitted until more is known; submitted never follows another state.',
  J2: 'An error means that the outcome could not be determined. It is a WhisulError with jobId and lastState, and it ends no other stream.',
  J3: 'job$ is cold: nothing is requested before the first subscription, and when the last subscriber leaves, the request in flight is aborted and no other follows.',
  J4: 'All subscribers of a job share one polling loop. A late subscriber gets the latest state synchronously, also if that is submitted; after the terminal state it gets that state and completion, with no request.',
  J5: 'There is never more than one request in flight for a job.',
  J6: 'Unsubscribing and subscribing again never polls earlier than the schedule allows. The last state is replayed meanwhile.',
  J7: 'A failed poll is not a failed job: it is tried again, up to ten times in a row. A definite answer (401, 403, 404, 410, another 4xx, a redirect) ends the stream at once.',
  J8: 'A wait that Retry-After asks for is never cut short.',
  J9: 'A 429 on any call pauses all calls of the client until its time has passed.',
  J12: 'A subscriber that throws disturbs no other subscriber.',
  J13: 'A status that Whisul does not document is a running job with reported_status. It is polled at the usual pace.',
  J14: 'Requests go only where the API is: an id stays one segment of the path, and a poll_url that leads elsewhere is ignored.',
  G1: 'One call of generate$ is at most one paid job, however often it is subscribed.',
  G2: 'A POST is sent again only if the API cannot have accepted it. Otherwise the stream errors with submit_unknown.',
  G3: 'generate$ emits submitted as soon as the job id is known, then the same states as job$.',
  G4: 'Unsubscribing while the POST is in flight does not abort it. Subscribing again joins the same job.',
  G5: 'Bad input is an error through the stream, and nothing is sent.',
  S2: 'A string that begins with / names a job only if it is /jobs/{id}.',
  A1: 'A lost connection is repaired without the subscriber noticing: no state is lost, repeated or reordered, and only the job itself ends the stream.',
  A2: 'A job that ends while nobody is connected is not missed: after a connection is restored the current state comes first.',
  A3: 'A slow subscriber gets the newest state. It may miss an older one, but never the terminal one.',
  A4: 'A subscriber that leaves frees what it held, at once and whether or not the connection is up.',
} as const;

/** The id of a guarantee: `J` for `job$`, `G` for `generate$`, `A` for adapters with a connection, `S` for small print. */
export type GuaranteeId = keyof typeof guarantees;
