"""From a speakable line to audio: the queue, the clauses, the engine and the requests to it."""
