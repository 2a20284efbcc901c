/* SPDX-License-Identifier: ISC */

/*
 * What can be found about a domain's TXT record, its policy host and its
 * policy. Codes are for machines and stay as they are; words and advice are
 * for a person who looks after mail and has never read the RFC.
 */

#include "verify_codes.h"

#define RECORD "RFC 8461 section 3.1"
#define POLICY "RFC 8461 section 3.2"
#define HTTPS  "RFC 8461 section 3.3"
#define TLS    "RFC 8461 section 7.2"
#define HOSTED "RFC 8461 section 8.2"
#define UPDATE "RFC 8461 section 8.1"

#define PUBLISH "Put the record in DNS as mta-stsctl records shows it."
#define RENEWAL                                                                \
	"mta-stsctl status tells when the certificate is renewed, and what "   \
	"hinders it."
#define SERVER "Look at the web server on that address."

const struct verify_code verify_codes_policy[] = {
	{ "dns", "dns", VERIFY_OK, RECORD, "DNS answers for the domain", "" },
	{ "dns-silent", "dns", VERIFY_BROKEN, RECORD,
	    "no DNS lookup for the domain was answered",
	    "Look at the domain's name servers, and whether the resolver "
	    "reaches them." },
	{ "domain-missing", "dns", VERIFY_BROKEN, RECORD,
	    "the domain does not exist in DNS",
	    "Is it spelt right, and still registered? Else take it out of the "
	    "configuration." },

	{ "txt", "txt", VERIFY_OK, RECORD,
	    "the TXT record tells senders that there is a policy", "" },
	{ "txt-lookup", "txt", VERIFY_BROKEN, RECORD,
	    "the TXT record cannot be looked up",
	    "Look at the name servers that answer for this name." },
	{ "txt-missing", "txt", VERIFY_PENDING, RECORD,
	    "there is no TXT record, so no sender looks for a policy",
	    PUBLISH },
	{ "txt-two", "txt", VERIFY_BROKEN, RECORD,
	    "there are several TXT records for MTA-STS: senders use none",
	    "Leave the one that is expected, remove the others." },
	{ "txt-version", "txt", VERIFY_BROKEN, RECORD,
	    "the TXT record does not begin with \"v=STSv1;\", to the letter",
	    PUBLISH },
	{ "txt-syntax", "txt", VERIFY_BROKEN, RECORD,
	    "the TXT record is malformed", PUBLISH },
	{ "txt-no-id", "txt", VERIFY_BROKEN, RECORD, "the TXT record has no id",
	    PUBLISH },
	{ "txt-id", "txt", VERIFY_BROKEN, RECORD,
	    "the id in the TXT record is not 1 to 32 letters and digits",
	    PUBLISH },
	{ "txt-extra", "txt", VERIFY_WARNING, RECORD,
	    "another TXT record stands at the name: some senders stumble",
	    "Remove the other record (a wildcard record may be its source)." },

	{ "host", "host", VERIFY_OK, POLICY, "the policy host has an address",
	    "" },
	{ "host-lookup", "host", VERIFY_BROKEN, POLICY,
	    "the policy host cannot be looked up",
	    "Look at the name servers that answer for this name." },
	{ "host-missing", "host", VERIFY_BROKEN, POLICY,
	    "the policy host has no address in DNS",
	    "Set the CNAME record that mta-stsctl records shows." },
	{ "host-dangling", "host", VERIFY_BROKEN, POLICY,
	    "the policy host's CNAME leads to a name without an address",
	    "Correct the CNAME, or the name that it leads to." },
	{ "host-part", "host", VERIFY_WARNING, POLICY,
	    "not every address of the policy host is known, and asked",
	    "Look at the name servers that answer for this name, for A and "
	    "AAAA; or let it have fewer addresses." },
	{ "host-no-cname", "host", VERIFY_WARNING, HOSTED,
	    "the policy host has our addresses instead of a CNAME: it will "
	    "be lost when they change",
	    "Replace the A and AAAA records by the CNAME." },
	{ "host-elsewhere", "host", VERIFY_WARNING, HOSTED,
	    "the policy host leads to another server, which serves a policy",
	    "Set the CNAME that is expected, when the domain is to move." },
	{ "host-wrong", "host", VERIFY_BROKEN, HOSTED,
	    "the policy host leads to another server, which serves no policy",
	    "Set the CNAME that is expected." },

	{ "https", "https", VERIFY_OK, HTTPS,
	    "the address serves the policy over HTTPS", "" },
	{ "https-unasked", "https", VERIFY_WARNING, UPDATE,
	    "the address was not asked, so what it serves is not known",
	    "Ask from a machine that has a way to it." },
	{ "https-unreachable", "https", VERIFY_BROKEN, HTTPS,
	    "no connection to the policy host at that address",
	    "Is the server up, its port open, the address right?" },
	{ "https-timeout", "https", VERIFY_BROKEN, HTTPS,
	    "the policy host gave no whole answer in time",
	    "Is the server up, and no firewall before it? Senders give up "
	    "too." },
	{ "https-closed", "https", VERIFY_BROKEN, HTTPS,
	    "the policy host closed the connection, or sent no HTTP", SERVER },
	{ "tls-refused", "https", VERIFY_BROKEN, TLS,
	    "the server has no certificate for the policy host yet", RENEWAL },
	{ "tls-old", "https", VERIFY_BROKEN, TLS,
	    "the server speaks only versions of TLS that senders do not",
	    "Enable TLS 1.2 and 1.3 there." },
	{ "tls-failed", "https", VERIFY_BROKEN, TLS,
	    "the TLS handshake with the policy host failed", SERVER },
	{ "cert-expired", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate of the policy host has expired", RENEWAL },
	{ "cert-future", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate of the policy host is not valid yet",
	    "Are the clocks right, here and where it was issued?" },
	{ "cert-name", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate is for other names than the policy host",
	    "Does the name lead to the right server? " RENEWAL },
	{ "cert-cn-only", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate names the policy host in its CN alone, which "
	    "senders do not look at",
	    "Get a certificate with the name as a subject alternative name." },
	{ "cert-self-signed", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate of the policy host is self-signed",
	    "Get one from a public CA. " RENEWAL },
	{ "cert-chain", "https", VERIFY_BROKEN, HTTPS,
	    "the server does not send the whole chain of certificates",
	    "Serve the full chain: the certificate, then the intermediates." },
	{ "cert-untrusted", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate comes from a CA that is not trusted here",
	    "Get one from a public CA; for a CA of your own give --ca FILE." },
	{ "cert-invalid", "https", VERIFY_BROKEN, HTTPS,
	    "the certificate of the policy host is not valid", RENEWAL },
	{ "http-redirect", "https", VERIFY_BROKEN, HTTPS,
	    "the policy host redirects, which senders do not follow",
	    "Serve the policy itself at that URL." },
	{ "http-status", "https", VERIFY_BROKEN, HTTPS,
	    "the policy host does not answer 200", SERVER },
	{ "http-type", "https", VERIFY_BROKEN, POLICY,
	    "the policy is not sent as text/plain",
	    "Let the server say Content-Type: text/plain." },
	{ "http-no-type", "https", VERIFY_BROKEN, POLICY,
	    "the policy is sent without a media type",
	    "Let the server say Content-Type: text/plain." },
	{ "http-too-big", "https", VERIFY_BROKEN, HTTPS,
	    "the answer has more than 64 KiB: that is no policy", SERVER },

	{ "same", "same", VERIFY_OK, POLICY,
	    "all addresses serve the same policy", "" },
	{ "same-differs", "same", VERIFY_BROKEN, POLICY,
	    "an address serves another policy than the others",
	    "Bring the server at that address up to date, or take the address "
	    "out of DNS." },

	{ "policy", "policy", VERIFY_OK, POLICY, "the policy is well-formed",
	    "" },
	{ "policy-syntax", "policy", VERIFY_BROKEN, POLICY,
	    "the policy is malformed",
	    "Correct the line; mta-stsctl render shows a right one." },
	{ "policy-big", "policy", VERIFY_BROKEN, POLICY,
	    "the policy has more than 10240 bytes: some senders cut it there",
	    "Gather mx lines under patterns." },
	{ "policy-large", "policy", VERIFY_WARNING, POLICY,
	    "the policy has more than 4096 bytes",
	    "Gather mx lines under "
	    "patterns." },
	{ "policy-key", "policy", VERIFY_WARNING, POLICY,
	    "the policy has a key that is none: senders pass over it",
	    "Take the line out, or is a known key misspelt?" },
	{ "policy-mx-twice", "policy", VERIFY_WARNING, POLICY,
	    "the policy names an mx twice", "Take one of the lines out." },
	{ "policy-mx-broad", "policy", VERIFY_WARNING, "RFC 8461 section 4.1",
	    "an mx pattern stands over a public suffix: anybody may register "
	    "a name there and take the mail",
	    "Name the MX hosts themselves." },
	{ "policy-age-short", "policy", VERIFY_WARNING, POLICY,
	    "max_age is below a day: large senders pass over the policy",
	    "Set max_age to 1w or more." },
	{ "policy-age-year", "policy", VERIFY_WARNING, POLICY,
	    "max_age is 31557600 exactly, which a large sender takes for a "
	    "day",
	    "Set max_age a little lower." },
	{ "policy-age-enforce", "policy", VERIFY_WARNING, POLICY,
	    "max_age is below a week in mode enforce: little protection",
	    "Set max_age to 1w or more." },

	{ "ours", "ours", VERIFY_OK, UPDATE,
	    "the policy is, to the byte, as configured", "" },
	{ "ours-differs", "ours", VERIFY_BROKEN, UPDATE,
	    "another policy is served than configured",
	    "Did the daemon take the last change? See its log, and mta-stsctl "
	    "check." },

	{ "id", "id", VERIFY_OK, UPDATE,
	    "the id in the TXT record belongs to the policy", "" },
	{ "id-differs", "id", VERIFY_BROKEN, UPDATE,
	    "the id in the TXT record is not that of the policy: senders do "
	    "not see a change",
	    "Publish the TXT record that is expected, when the policy is "
	    "served." },
};

const size_t verify_codes_policy_count =
    sizeof(verify_codes_policy) / sizeof(*verify_codes_policy);
