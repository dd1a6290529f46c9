import { jobs } from '../../gateway';

// As a Node handler it sees when the browser leaves, and ends the stream.
export default fromNodeMiddleware(jobs);
