"""
Age files over cryptography: header, recipients, stream, armor.

The format is C2SP's (https://c2sp.org/age, age-encryption.org/v1) to the letter. Where it leaves a choice:
a header may have 4 MiB and 4,096 recipients; a passphrase may ask for a work factor of up to 22; post-quantum and
classical recipients are never mixed when writing, and a mix is read and called classical; a passphrase beside other
recipients is refused whoever opens it; armor may have 1,024 bytes of white space around it, and LF or CRLF.
Not here: SSH keys, plugins, the tagged recipients of hardware keys (their stanzas are passed over).
"""
