# Certificates for tests of TLS.  Read after tests/lib.sh:
#
#	. "$SRCDIR/tests/certs.sh"
#
# In $certs are, in PEM, each with a .key: the CA root, mid, which root has
# issued, and for localhost good and, of yesterday, expired; other is for
# other.example, self has signed itself.  chain is good and mid, ca is root.

certs=$tmp/certs

new_key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'

# self_signed NAME SUBJECT EXTENSION...
self_signed()
{
	cert_name=$1 cert_subject=$2
	shift 2
	for cert_extension in "$@"; do
		set -- "$@" -addext "$cert_extension"
		shift
	done
	openssl req -x509 $new_key -days 30 -subj "/CN=$cert_subject" \
		-keyout "$certs/$cert_name.key" -out "$certs/$cert_name.pem" \
		"$@"
}

# issued NAME SUBJECT CA DAYS EXTENSION
issued()
{
	printf '%s\n' "$5" >"$certs/ext"
	openssl req -new $new_key -subj "/CN=$2" -keyout "$certs/$1.key" \
		-out "$certs/csr" &&
	openssl x509 -req -in "$certs/csr" -CA "$certs/$3.pem" \
		-CAkey "$certs/$3.key" -days "$4" -extfile "$certs/ext" \
		-out "$certs/$1.pem"
}

make_certs()
{
	mkdir "$certs" &&
	self_signed root 'Test Root' &&
	self_signed self localhost subjectAltName=DNS:localhost &&
	issued mid 'Test Intermediate' root 30 'basicConstraints=CA:TRUE' &&
	issued good localhost mid 30 'subjectAltName=DNS:localhost' &&
	issued other other.example mid 30 \
		'subjectAltName=DNS:other.example,DNS:third.example' &&
	issued expired localhost mid -1 'subjectAltName=DNS:localhost' &&
	cat "$certs/good.pem" "$certs/mid.pem" >"$certs/chain.pem" &&
	cp "$certs/root.pem" "$certs/ca.pem"
}
