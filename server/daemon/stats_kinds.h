/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STATS_KINDS_H
#define DAEMON_STATS_KINDS_H

/* What a worker counts in its row, and what the manager writes. */
#define STATS_TOOK_BUCKETS 14

enum stat {
	STAT_ACCEPTED,
	STAT_OPEN,         /* no count: the connections that are held by now */
	STAT_OVER_ADDRESS, /* closed for limits.per_address */
	STAT_OVER_CONNECTIONS, /* closed for limits.connections */

	STAT_HANDSHAKE_NONE, /* handshakes refused, in the order of enum sni */
	STAT_HANDSHAKE_BAD,
	STAT_HANDSHAKE_UNKNOWN,
	STAT_HANDSHAKE_NO_PAIR,
	STAT_HANDSHAKE_PROTOCOL, /* for any reason but the name */
	STAT_CHALLENGES,         /* a CA was shown what answers it */

	STAT_SLOW_PROXY, /* a deadline ended it, in the order of enum stage */
	STAT_SLOW_HANDSHAKE,
	STAT_SLOW_HEAD,
	STAT_SLOW_ANSWER,

	STAT_ANSWER_200, /* answers by status; STAT_ANSWER_OTHER: any other */
	STAT_ANSWER_302,
	STAT_ANSWER_400,
	STAT_ANSWER_404,
	STAT_ANSWER_405,
	STAT_ANSWER_408,
	STAT_ANSWER_414,
	STAT_ANSWER_421,
	STAT_ANSWER_431,
	STAT_ANSWER_500,
	STAT_ANSWER_501,
	STAT_ANSWER_505,
	STAT_ANSWER_OTHER,
	STAT_POLICIES, /* of them those with a policy */

	STAT_REFUSED_400, /* what the gate refused, by status */
	STAT_REFUSED_408,
	STAT_REFUSED_414,
	STAT_REFUSED_421,
	STAT_REFUSED_431,
	STAT_REFUSED_501,
	STAT_REFUSED_505,
	STAT_REFUSED_OTHER,

	STAT_TOOK, /* answers by the time from accept, each in one bucket */
	STAT_TOOK_US = STAT_TOOK + STATS_TOOK_BUCKETS, /* all together */
	STAT_LOG_DROPPED,                              /* lines */
	STAT_KINDS,
};

/* Moments are seconds since the epoch, but for the beat's. */
enum fact {
	FACT_STARTED,
	FACT_BEAT_MS, /* monotonic: when the manager was well last */
	FACT_STOPPING,
	FACT_GENERATION,       /* its number; 0: none is served yet */
	FACT_GENERATION_SINCE, /* when it began to be served */
	FACT_RELOADED,         /* when the configuration was read last, */
	FACT_RELOAD_TAKEN,     /* and whether what it said is served */
	FACT_FAULTS,
	FACT_WARNINGS,        /* both of it */
	FACT_HANDOVER_FAILED, /* the last one, for want of workers */
	FACT_KEPT,            /* domains served as last good */
	FACT_HELD,            /* of them those that the brake holds */
	FACT_WORKERS_WANTED,
	FACT_WORKERS_ALIVE,
	FACT_WORKER_RESTARTS,
	FACT_RENEWALS_WELL, /* runs of mta-stsctl renew */
	FACT_RENEWALS_TROUBLE,
	FACT_RENEWALS_FAILED,
	FACT_LOG_DROPPED, /* the manager's own lines */
	FACT_KINDS,
};

#endif
