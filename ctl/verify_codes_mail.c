/* SPDX-License-Identifier: ISC */

/*
 * What can be found about a domain's MX hosts, and about what stands beside
 * its policy: DANE, CAA and the record for TLS reports.
 */

#include "verify_codes.h"

#define MATCH   "RFC 8461 section 4.1"
#define VALID   "RFC 8461 section 4.2"
#define MX      "RFC 5321 section 5.1"
#define REPORTS "RFC 8460 section 3"
#define ISSUE   "RFC 8659 section 3"

#define CERTIFICATE "Give the mail server a certificate that is "

const struct verify_code verify_codes_mail[] = {
	{ "mx", "mx", VERIFY_OK, MATCH, "the policy covers the MX host", "" },
	{ "mx-lookup", "mx", VERIFY_BROKEN, MX,
	    "the domain's MX records cannot be looked up",
	    "Look at the domain's name servers." },
	{ "mx-malformed", "mx", VERIFY_BROKEN, MX,
	    "an MX record of the domain holds no name",
	    "Look at the domain's name servers." },
	{ "mx-implicit", "mx", VERIFY_OK, MX,
	    "there is no MX record: the domain itself is the MX host", "" },
	{ "mx-null", "mx", VERIFY_OK, "RFC 7505",
	    "a null MX record: the domain accepts no mail", "" },
	{ "mx-nowhere", "mx", VERIFY_WARNING, MX,
	    "no MX record and no address: the domain cannot be sent mail",
	    "Set its MX records, or take the domain out." },
	{ "mx-uncovered", "mx", VERIFY_BROKEN, MATCH,
	    "no mx of the policy covers this MX host: senders that keep to "
	    "the policy send it no mail",
	    "Add the host to the policy's mx, or take its MX record away." },
	{ "mx-unused", "mx", VERIFY_WARNING, MATCH,
	    "no MX host is covered by this mx of the policy",
	    "Take it out of the policy, unless an MX host is about to come." },

	{ "smtp", "smtp", VERIFY_OK, VALID,
	    "the MX host offers STARTTLS and a valid certificate", "" },
	{ "smtp-no-address", "smtp", VERIFY_BROKEN, MX,
	    "the MX host has no address in DNS",
	    "Correct the MX record, or set an address." },
	{ "smtp-lookup", "smtp", VERIFY_BROKEN, MX,
	    "the MX host cannot be looked up",
	    "Look at the name servers that answer for this name." },
	{ "smtp-part", "smtp", VERIFY_WARNING, MX,
	    "not every address of the MX host is known, and asked",
	    "Look at the name servers that answer for this name, for A and "
	    "AAAA; or let it have fewer addresses." },
	{ "smtp-unreachable", "smtp", VERIFY_BROKEN, MX,
	    "the MX host does not answer on port 25",
	    "Is the mail server up, and port 25 open?" },
	{ "smtp-silent", "smtp", VERIFY_BROKEN, MX,
	    "the MX host took the connection, but did not speak SMTP",
	    "Look at the mail server." },
	{ "smtp-refused", "smtp", VERIFY_NOT_CHECKED, MX,
	    "the MX host refuses mail from this machine",
	    "Ask from a machine that may send mail (block lists?)." },
	{ "smtp-no-starttls", "smtp", VERIFY_BROKEN, VALID,
	    "the MX host does not offer STARTTLS",
	    "Enable STARTTLS on the mail server." },
	{ "smtp-tls-old", "smtp", VERIFY_BROKEN, "RFC 8461 section 7.2",
	    "the MX host speaks only versions of TLS that senders do not",
	    "Enable TLS 1.2 and 1.3 on the mail server." },
	{ "smtp-tls-failed", "smtp", VERIFY_BROKEN, VALID,
	    "the TLS handshake with the MX host failed",
	    "Look at the TLS settings of the mail server." },
	{ "smtp-cert-expired", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate of the MX host has expired",
	    "Renew the mail server's certificate." },
	{ "smtp-cert-future", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate of the MX host is not valid yet",
	    "Are the clocks right, here and where it was issued?" },
	{ "smtp-cert-name", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate is for other names than the MX host",
	    CERTIFICATE "for its name in the MX record." },
	{ "smtp-cert-cn-only", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate names the MX host in its CN alone, which senders "
	    "do not look at",
	    CERTIFICATE "for its name as a subject alternative name." },
	{ "smtp-cert-self-signed", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate of the MX host is self-signed",
	    CERTIFICATE "from a public CA." },
	{ "smtp-cert-chain", "smtp", VERIFY_BROKEN, VALID,
	    "the MX host does not send the whole chain of certificates",
	    "Let it send the certificate, then the intermediates." },
	{ "smtp-cert-untrusted", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate comes from a CA that is not trusted here",
	    CERTIFICATE "from a public CA; for a CA of your own give --ca "
	                "FILE." },
	{ "smtp-cert-invalid", "smtp", VERIFY_BROKEN, VALID,
	    "the certificate of the MX host is not valid",
	    CERTIFICATE "valid." },

	{ "dane", "dane", VERIFY_OK, "RFC 8461 section 2",
	    "DANE (TLSA) stands beside MTA-STS: senders that know both "
	    "follow DANE",
	    "" },

	{ "caa", "caa", VERIFY_OK, ISSUE,
	    "CAA allows our CA to issue for the policy host", "" },
	{ "caa-lookup", "caa", VERIFY_WARNING, ISSUE,
	    "CAA cannot be looked up: the CA will not issue",
	    "Look at the name servers that answer for this name." },
	{ "caa-forbids", "caa", VERIFY_WARNING, ISSUE,
	    "CAA forbids our CA: the certificate will not be renewed",
	    "Add our CA to the CAA records." },

	{ "tlsrpt", "tlsrpt", VERIFY_OK, REPORTS, "TLS reports", "" },
	{ "tlsrpt-lookup", "tlsrpt", VERIFY_WARNING, REPORTS,
	    "the record for TLS reports cannot be looked up",
	    "Look at the name servers that answer for this name." },
	{ "tlsrpt-missing", "tlsrpt", VERIFY_WARNING, REPORTS,
	    "there is no record for TLS reports: nobody will tell what fails",
	    "Put the record in DNS as mta-stsctl records shows it." },
	{ "tlsrpt-two", "tlsrpt", VERIFY_WARNING, REPORTS,
	    "there are several records for TLS reports: senders use none",
	    "Leave one." },
	{ "tlsrpt-syntax", "tlsrpt", VERIFY_WARNING, REPORTS,
	    "the record for TLS reports is malformed",
	    "Put the record in DNS as mta-stsctl records shows it." },
	{ "tlsrpt-differs", "tlsrpt", VERIFY_WARNING, REPORTS,
	    "TLS reports go elsewhere than configured",
	    "Put the record in DNS as mta-stsctl records shows it." },
};

const size_t verify_codes_mail_count =
    sizeof(verify_codes_mail) / sizeof(*verify_codes_mail);
