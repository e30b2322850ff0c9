// Command sigstore is what cosign signs without keys against, for a test: a certificate authority that believes every identity token, and a
// timestamp authority. It writes a trusted root and a signing configuration into the directory that it is given, then one line, and serves until
// it is ended.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/ca"
)

// publicOnly is all of a signer that a certificate is made for.
type publicOnly struct{ crypto.PublicKey }

func (p publicOnly) Public() crypto.PublicKey { return p.PublicKey }
func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("signs nothing")
}

type authority struct {
	rootCert, intermediate, tsaIntermediate, tsaLeaf *x509.Certificate
	intermediateKey, tsaKey                          *ecdsa.PrivateKey
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "sigstore:", err)
		os.Exit(1)
	}
}

func run(directory string) error {
	a, err := newAuthority()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	if err := a.write(directory, url); err != nil {
		return err
	}
	http.HandleFunc("POST /api/v2/signingCert", handle("application/json", a.certificate))
	http.HandleFunc("POST /timestamp", handle("application/timestamp-reply", a.timestamp))
	fmt.Println("listening on", url)
	return http.Serve(listener, nil)
}

func handle(contentType string, answer func(*http.Request) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := answer(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}
}

func newAuthority() (*authority, error) {
	rootCert, rootKey, err := ca.GenerateRootCa()
	if err != nil {
		return nil, err
	}
	a := &authority{rootCert: rootCert}
	if a.intermediate, a.intermediateKey, err = ca.GenerateFulcioIntermediate(rootCert, rootKey); err != nil {
		return nil, err
	}
	tsaIntermediate, tsaIntermediateKey, err := ca.GenerateTSAIntermediate(rootCert, rootKey)
	if err != nil {
		return nil, err
	}
	a.tsaIntermediate = tsaIntermediate
	if a.tsaKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	a.tsaLeaf, err = ca.GenerateTSALeafCert(time.Now().Add(-time.Minute), a.tsaKey, tsaIntermediate, tsaIntermediateKey)
	return a, err
}

// certificate is Fulcio's answer: a certificate for ten minutes, for the e-mail address and the issuer that the token names.
func (a *authority) certificate(r *http.Request) ([]byte, error) {
	var asked struct {
		PublicKeyRequest struct{ PublicKey struct{ Content string } }
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(asked.PublicKeyRequest.PublicKey.Content))
	if block == nil {
		return nil, errors.New("no public key")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 {
		return nil, errors.New("no token")
	}
	var claims struct{ Iss, Email string }
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		return nil, err
	}
	leaf, err := ca.GenerateLeafCert(claims.Email, claims.Iss, time.Now().Add(-time.Minute), publicOnly{key}, a.intermediate, a.intermediateKey)
	if err != nil {
		return nil, err
	}
	chain := []string{}
	for _, certificate := range []*x509.Certificate{leaf, a.intermediate, a.rootCert} {
		chain = append(chain, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})))
	}
	return json.Marshal(map[string]any{"signedCertificateEmbeddedSct": map[string]any{"chain": map[string]any{"certificates": chain}}})
}

// timestamp is the answer of RFC 3161.
func (a *authority) timestamp(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil {
		return nil, err
	}
	asked, err := timestamp.ParseRequest(body)
	if err != nil {
		return nil, err
	}
	stamp := timestamp.Timestamp{
		HashAlgorithm: asked.HashAlgorithm,
		HashedMessage: asked.HashedMessage,
		Nonce:         asked.Nonce,
		Time:          time.Now(),
		Policy:        asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2},
	}
	return stamp.CreateResponseWithOpts(a.tsaLeaf, a.tsaKey, crypto.SHA256)
}

func (a *authority) write(directory, url string) error {
	begin, end := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	trusted, err := root.NewTrustedRoot(root.TrustedRootMediaType01,
		[]root.CertificateAuthority{&root.FulcioCertificateAuthority{
			Root: a.rootCert, Intermediates: []*x509.Certificate{a.intermediate}, URI: url,
			ValidityPeriodStart: begin, ValidityPeriodEnd: end,
		}}, nil,
		[]root.TimestampingAuthority{&root.SigstoreTimestampingAuthority{
			Root: a.rootCert, Intermediates: []*x509.Certificate{a.tsaIntermediate}, Leaf: a.tsaLeaf, URI: url,
			ValidityPeriodStart: begin, ValidityPeriodEnd: end,
		}}, nil)
	if err != nil {
		return err
	}
	text, err := trusted.MarshalJSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(directory, "root.json"), text, 0o600); err != nil {
		return err
	}
	service := func(url string) []any {
		return []any{map[string]any{
			"url": url, "majorApiVersion": 1, "operator": "test", "validFor": map[string]any{"start": begin.UTC().Format(time.RFC3339)},
		}}
	}
	config, err := json.Marshal(map[string]any{
		"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
		"caUrls":    service(url), "tsaUrls": service(url + "/timestamp"),
		"tsaConfig": map[string]any{"selector": "ANY"}, "rekorTlogConfig": map[string]any{},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "signing.json"), config, 0o600)
}
