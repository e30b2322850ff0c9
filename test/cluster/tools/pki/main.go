// Command pki writes the certificates and keys of one throwaway control plane, so that tests need no openssl.
//
//	pki init DIR                     CA, API server, admin, and the service-account key pair
//	pki client DIR NAME USER [GROUP...]  one more client certificate, as NAME.crt and NAME.key
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A test run never lasts this long; a forgotten key is worthless after it.
const lifetime = 48 * time.Hour

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pki:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "init":
		return initialise(args[1])
	case len(args) >= 4 && args[0] == "client":
		ca, key, err := readAuthority(args[1])
		if err != nil {
			return err
		}
		return issue(ca, key, filepath.Join(args[1], args[2]), clientTemplate(args[3], args[4:]))
	}
	return fmt.Errorf("usage: pki init DIR | pki client DIR NAME USER [GROUP...]")
}

func initialise(dir string) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	ca := template(pkix.Name{CommonName: "test-ca"})
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return err
	}
	// Parsed again, because CreateCertificate computes the key id that children must name as their authority.
	if ca, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	if err := writePair(filepath.Join(dir, "ca"), der, key); err != nil {
		return err
	}
	if err := issue(ca, key, filepath.Join(dir, "apiserver"), serverTemplate()); err != nil {
		return err
	}
	if err := issue(ca, key, filepath.Join(dir, "admin"), clientTemplate("admin", []string{"system:masters"})); err != nil {
		return err
	}
	return writeServiceAccountKeys(dir)
}

func serverTemplate() *x509.Certificate {
	cert := template(pkix.Name{CommonName: "kube-apiserver"})
	cert.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	cert.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	// 10.96.0.1 is the first address of the service range: the in-cluster name of the API server.
	cert.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 96, 0, 1)}
	return cert
}

func clientTemplate(user string, groups []string) *x509.Certificate {
	cert := template(pkix.Name{CommonName: user, Organization: groups})
	cert.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return cert
}

func template(subject pkix.Name) *x509.Certificate {
	now := time.Now()
	// A random serial: all certificates of one CA must differ, and there is no place to keep a counter.
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func issue(ca *x509.Certificate, caKey crypto.Signer, path string, cert *x509.Certificate) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, ca, key.Public(), caKey)
	if err != nil {
		return err
	}
	return writePair(path, der, key)
}

func readAuthority(dir string) (*x509.Certificate, crypto.Signer, error) {
	certDER, err := readPEM(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := readPEM(filepath.Join(dir, "ca.key"))
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(keyDER)
	return cert, key, err
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func writePair(path string, certDER []byte, key *ecdsa.PrivateKey) error {
	if err := writePEM(path+".crt", "CERTIFICATE", certDER); err != nil {
		return err
	}
	return writeKey(path+".key", key)
}

func writeServiceAccountKeys(dir string) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, "service-account.pub"), "PUBLIC KEY", der); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, "service-account.key"), key)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(path, "EC PRIVATE KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}
