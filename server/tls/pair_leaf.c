/* SPDX-License-Identifier: ISC */

/*
 * The names and dates of a certificate, and what is odd about it, out of its
 * fields and extensions alone.
 */

#include "tls/pair_leaf.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/host.h"
#include "tls/pair_judge.h"

static int take_dates(X509 *leaf, struct pair *p, const struct judged *f)
{
	struct tm from, to;

	if (ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &from) != 1 ||
	    ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &to) != 1) {
		err_set(f->err, "%s: its dates cannot be read", f->cert);
		return -1;
	}
	p->not_before = (int64_t)timegm(&from);
	p->not_after = (int64_t)timegm(&to);
	return 0;
}

/* A dNSName as policy/host.h has it, perhaps after "*."; NULL: no host's. */
static const char *take_name(struct arena *a, const GENERAL_NAME *name)
{
	char host[HOST_MAX + 3];
	const unsigned char *bytes;
	size_t len, star;

	if (name->type != GEN_DNS)
		return NULL;
	bytes = ASN1_STRING_get0_data(name->d.dNSName);
	len = (size_t)ASN1_STRING_length(name->d.dNSName);
	if (len == 0 || len > HOST_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		host[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z'
		                     ? bytes[i] - 'A' + 'a'
		                     : bytes[i]);
	star = len > 2 && memcmp(host, "*.", 2) == 0 ? 2 : 0;
	if (!host_is_valid(host + star, len - star))
		return NULL;
	return arena_copy(a, host, len);
}

static int take_names(X509 *leaf, struct pair *p, const struct judged *f)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int count = all == NULL ? 0 : sk_GENERAL_NAME_num(all);
	const char **names =
	    arena_array(f->arena, (size_t)count, sizeof(*names));
	size_t taken = 0;

	for (int i = 0; i < count; i++) {
		names[taken] =
		    take_name(f->arena, sk_GENERAL_NAME_value(all, i));
		if (names[taken] != NULL)
			taken++;
	}
	GENERAL_NAMES_free(all);
	if (taken == 0) {
		err_set(
		    f->err, "%s: is for no host (it has no dNSName)", f->cert);
		return -1;
	}
	p->names = names;
	p->name_count = taken;
	return 0;
}

/* status_request is 5 (RFC 6066), its second version 17 (RFC 6961). */
static bool must_staple(X509 *leaf)
{
	TLS_FEATURE *features =
	    X509_get_ext_d2i(leaf, NID_tlsfeature, NULL, NULL);
	bool found = false;

	for (int i = 0; features != NULL && i < sk_ASN1_INTEGER_num(features);
	     i++) {
		long n = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i));

		found = found || n == 5 || n == 17;
	}
	TLS_FEATURE_free(features);
	return found;
}

/* X509_get_extended_key_usage wants a leaf with its public key. */
static bool is_for_servers(X509 *leaf)
{
	int where;
	EXTENDED_KEY_USAGE *uses =
	    X509_get_ext_d2i(leaf, NID_ext_key_usage, &where, NULL);
	bool found = where == -1; /* it does not say: for all */

	for (int i = 0; uses != NULL && i < sk_ASN1_OBJECT_num(uses); i++) {
		int use = OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, i));

		found = found || use == NID_server_auth ||
		        use == NID_anyExtendedKeyUsage;
	}
	EXTENDED_KEY_USAGE_free(uses);
	return found;
}

int leaf_read(
    X509 *leaf, const struct judged *f, struct pair *p, unsigned *ret_oddities)
{
	if (take_dates(leaf, p, f) != 0 || take_names(leaf, p, f) != 0)
		return -1;
	*ret_oddities = (is_for_servers(leaf) ? 0 : PAIR_NO_SERVER_AUTH) |
	                (must_staple(leaf) ? PAIR_MUST_STAPLE : 0);
	return 0;
}
