#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_manifest.py [LIBRARY]: writes librdkafka's properties into manifest.json.

What `options:` takes is in the manifest, so that `penstock check` can tell without running anything.
Run it by hand when a newer librdkafka is to be known; a test compares the two.
"""
import ctypes
import json
import pathlib
import re
import sys
import tempfile

# Of a consumer, of C programs, of the sink itself, or without effect; and what loads or runs code.
LEFT_OUT = {
    'builtin.features', 'metadata.broker.list', 'bootstrap.servers', 'enabled_events', 'opaque', 'log.queue',
    'default_topic_conf', 'internal.termination.signal', 'enable.random.seed', 'delivery.report.only.error',
    'transactional.id', 'transaction.timeout.ms', 'plugin.library.paths', 'interceptors', 'msg_order_cmp',
    'ssl_key', 'ssl_certificate', 'ssl_ca', 'ssl_engine_callback_data', 'ssl.engine.location', 'ssl.engine.id',
    'ssl.ca.certificate.stores', 'group.instance.id', 'open_cb', 'allow.auto.create.topics', 'client.rack',
    'sasl.kerberos.kinit.cmd', 'topic.blacklist', 'receive.message.max.bytes.consumer'}
SECRETS = {'sasl.password', 'ssl.key.password', 'ssl.keystore.password', 'ssl.key.pem',
           'sasl.oauthbearer.client.secret'}
DESCRIPTION_MAX = 110


def table(library):
    """The rows of rd_kafka_conf_properties_show(): name, C/P/*, range, description."""
    rdkafka, libc = ctypes.CDLL(library), ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile() as out:
        file = ctypes.c_void_p(libc.fopen(out.name.encode(), b'w'))
        rdkafka.rd_kafka_conf_properties_show(file)
        libc.fclose(file)
        text = pathlib.Path(out.name).read_text()
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line)]
        if len(cells) >= 6 and cells[1] in ('P', 'C', '*'):
            yield cells[0], cells[1], cells[2], ' '.join(cells[5:])


def brief(text):
    text = re.sub(r'<br>.*|\*\*|`', '', text).strip()
    first = re.split(r'(?<=[a-z)])[.:] ', text)[0].rstrip('.')
    if len(first) <= DESCRIPTION_MAX:
        return first
    return first[:DESCRIPTION_MAX].rsplit(' ', 1)[0] + ' ...'


def schema_of(name, limits, text):
    schema = {'type': 'string'}
    kind = re.search(r'\*Type: ([a-z ]+)', text)
    kind = kind.group(1) if kind else 'string'
    if name in SECRETS:
        schema['format'] = 'secret'
    elif kind == 'boolean':
        schema = {'type': 'boolean'}
    elif kind in ('integer', 'float') and '..' in limits:
        low, high = limits.split('..')
        number = float if kind == 'float' else int
        schema = {'type': 'number' if kind == 'float' else 'integer', 'minimum': number(low), 'maximum': number(high)}
    elif kind == 'enum value' and limits:
        schema['enum'] = [word.strip() for word in limits.split(',')]
    schema['description'] = brief(text)
    return schema


def properties(library):
    found = {}
    for name, use, limits, text in table(library):
        if use == 'C' or name in LEFT_OUT or name.endswith('_cb') or 'No longer used' in text:
            continue
        if name in found and '`none`' not in text and 'enum' not in found[name]:
            continue
        found[name] = schema_of(name, limits, text)
    # Not shown by the library, and what a trial runs against.
    found['test.mock.num.brokers'] = {'type': 'integer', 'minimum': 0, 'maximum': 10000,
                                      'description': 'Brokers of a cluster inside of the sink'}
    return dict(sorted(found.items()))


def main():
    library = sys.argv[1] if len(sys.argv) > 1 else 'librdkafka.so.1'
    path = pathlib.Path(__file__).parent / 'manifest.json'
    manifest = json.loads(path.read_text())
    options = manifest['provides'][0]['config_schema']['properties']['options']
    options['properties'] = properties(library)
    path.write_text(text_of(manifest))


def text_of(manifest):
    """One line for each option and each property."""
    def one(value):
        return json.dumps(value, ensure_ascii=False)
    lines = []
    for key, value in manifest['provides'][0]['config_schema']['properties'].items():
        if key != 'options':
            lines.append(f'     {one(key)}: {one(value)}')
            continue
        inner = ',\n'.join(f'       {one(name)}: {one(schema)}' for name, schema in value['properties'].items())
        rest = one({k: v for k, v in value.items() if k != 'properties'})[:-1]
        lines.append(f'     {one(key)}: {rest}, "properties": {{\n{inner}}}}}')
    provided = dict(manifest['provides'][0])
    schema = dict(provided.pop('config_schema'))
    schema.pop('properties')
    head = ',\n '.join(f'{one(key)}: {one(value)}' for key, value in manifest.items() if key != 'provides')
    return (f'{{{head},\n "provides": [{one(provided)[:-1]},\n   "config_schema": {one(schema)[:-1]}, "properties": {{\n'
            + ',\n'.join(lines) + '}}}]}\n')


if __name__ == '__main__':
    main()
