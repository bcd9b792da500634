{{/* Names and labels that the objects share. */}}
{{- define "oido.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
{{- end }}

{{- define "oido.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "oido.labels" -}}
{{ include "oido.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The configuration file of oido-server. */}}
{{- define "oido.config" -}}
listen: "0.0.0.0:50051"
workers: {{ .Values.workers }}
drain_seconds: {{ .Values.drainSeconds }}
{{- if .Values.tls.secret }}
tls_certificate: "/etc/oido/tls/tls.crt"
tls_key: "/etc/oido/tls/tls.key"
{{- if .Values.tls.clientCertificates }}
tls_client_ca: "/etc/oido/tls/ca.crt"
{{- end }}
{{- else }}
insecure: true
{{- end }}
{{- if .Values.tokens.secret }}
token_file: "/etc/oido/tokens/tokens.textproto"
{{- end }}
{{- if .Values.metrics.enabled }}
metrics_listen: "0.0.0.0:{{ .Values.metrics.port }}"
{{- end }}
{{- range .Values.models.paths }}
model: "/models/{{ . }}"
{{- end }}
{{ .Values.config }}
{{- end }}

{{/* How the probes ask where the server speaks TLS. */}}
{{- define "oido.health" -}}
- /usr/bin/oido
- health
- --ca=/etc/oido/tls/ca.crt
- --server-name={{ required "tls.serverName: a name in tls.crt" .Values.tls.serverName }}
{{- if .Values.tls.clientCertificates }}
- --cert=/etc/oido/tls/tls.crt
- --key=/etc/oido/tls/tls.key
{{- end }}
{{- end }}
